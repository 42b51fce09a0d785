import Foundation
import HardwareDescription
import Testing

@Test func scratch() throws {
  let directory = "/tmp/hdl"
  try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  func emit(_ module: some HardwareModule) throws {
    let elaboration = Elaborator().run(module)
    for diagnostic in elaboration.diagnostics { print(diagnostic) }
    for file in try elaboration.systemVerilog(configuration: "test") {
      try file.text.write(toFile: "\(directory)/\(file.name)", atomically: true, encoding: .utf8)
    }
  }
  try emit(DotTree(lanes: 8))
  try emit(BeatFifo(width: 12, depth: 8))
  try emit(BurstReader())
  try emit(ScaledSum())
  try emit(LaneBank(lanes: 4))
}
