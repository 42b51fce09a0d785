import Foundation
import HardwareDescription
import HostTools
import SetunSynthesis
import Testing

/// A fresh directory with what a module is emitted to, and the Yosys that `make setup` installs.
enum SynthesisDirectory {
  static func yosys() throws -> Yosys {
    let path = try #require(Tool.find("yosys"), "`yosys` is not installed; `make setup` installs it")
    return try Yosys(path: path)
  }

  /// - Parameter change: may spoil a file.
  static func with<Value>(
    _ module: some HardwareModule, change: (_ name: String, _ text: String) throws -> String = { $1 },
    _ body: (URL) throws -> Value
  ) throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("synthesis-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for file in try Elaborator().run(module).systemVerilog(configuration: "test") {
      let text = try change(file.name, file.text)
      try Data(text.utf8).write(to: directory.appendingPathComponent(file.name))
    }
    return try body(directory)
  }
}
