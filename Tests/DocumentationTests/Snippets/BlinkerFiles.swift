// snippet: blinker-files
import Foundation
import HardwareDescription

func writeBlinker(to directory: URL) throws {
  for file in try Elaborator().run(Blinker(period: 3)).systemVerilog(configuration: "tutorial") {
    try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
  }
}
// snippet.end
