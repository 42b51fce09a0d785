import ArgumentParser
import Foundation
import SetunMachine

struct EmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit",
    abstract: "Write the SystemVerilog of the named configurations, or of one.",
    discussion: """
      Without --config every named configuration is written to OUT/<name>/; with it the files lie directly in OUT. The same \
      configuration always gives the same bytes.
      """)

  @Option(name: .long, help: "A named configuration or a JSON file of one.")
  var config: String?

  @Option(name: .long, help: "The directory to write to; RTL when absent.", completion: .directory)
  var out: String?

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  private struct Row: Encodable {
    let configuration: String
    let hash: String
    let directory: String
    let files: Int
    let lines: Int
    let bytes: Int
  }

  func run() throws {
    var rows: [Row] = []
    let place = out ?? "RTL"
    if let config {
      rows.append(try emit(try Configuration.load(config), to: place))
    } else {
      for configuration in Configuration.named {
        rows.append(try emit(configuration, to: place + "/" + configuration.name))
      }
    }
    if json {
      try Console.write(json: ["emitted": rows])
      return
    }
    var table = Table(["configuration", "hash", "directory", "modules", "lines", "bytes"])
    for row in rows {
      table.add([row.configuration, row.hash, row.directory, "\(row.files)", "\(row.lines)", "\(row.bytes)"])
    }
    Console.write(table.text)
  }

  private func emit(_ configuration: Configuration, to directory: String) throws -> Row {
    let files = try Emission.files(configuration)
    try Emission.write(files, to: directory)
    return Row(
      configuration: configuration.name, hash: String(configuration.hash, radix: 16), directory: directory,
      files: files.count,
      lines: files.reduce(0) { $0 + $1.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 },
      bytes: files.reduce(0) { $0 + $1.text.utf8.count })
  }
}
