import Foundation
import HardwareDescription
import Testing

/// What the snippets produce, by the name under which pages show it.
enum Outputs {
  static func all() throws -> [String: String] {
    let mistake = Elaborator().run(WrongBlinker()).errors
    let memories = findings()
    let bench = try streamBench()
    return [
      "blinker-mistake": mistake.map { $0.rendered(source: SourceTree(containing: #filePath)) + "\n" }.joined(),
      "blinker-text": try text(Blinker(period: 3), "tutorial"),
      "blinker-wave": try blinkerWave() + "\n",
      "widths-text": try body(Widths()),
      "conditions-text": try body(Conditions()),
      "states-text": try body(Handshake()),
      "repetition-text": try body(Repetition()),
      "memory-text": try body(Lookup()),
      "bundle-text": try body(RowHold()),
      "pipeline-text": try body(Scale()),
      "domains-text": try body(Button()),
      "pass-findings": memories.map { "\($0)\n" }.joined(),
      "bench-words": "\(bench.words) \(bench.violations)\n",
      "comparison": try comparison(),
    ]
  }

  /// The counts in the three texts of one pipeline.
  private static func comparison() throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["bash", Pages.root.appendingPathComponent("Sim/comparison/count.sh").path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return text
  }

  /// The whole file.
  static func text(_ module: some HardwareModule, _ configuration: String) throws -> String {
    try #require(Elaborator().run(module).systemVerilog(configuration: configuration).last?.text)
  }

  /// The file without its header.
  static func body(_ module: some HardwareModule) throws -> String {
    let text = try text(module, "documentation")
    let start = try #require(text.range(of: "\nmodule ")).lowerBound
    return String(text[text.index(after: start)...])
  }
}
