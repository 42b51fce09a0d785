import ArgumentParser
import SetunMachine

struct RegistersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registers",
    abstract: "Print the registers of the control port: a reference page, a C header, or JSON.",
    discussion: """
      Addresses, access, values after a reset, fields and causes are the same for every core. What differs (the \
      configuration's hash, capacities, channels, streams) is listed for the named configurations, or for the one given.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case markdown, c, json
  }

  @Option(name: .long, help: "How it is written: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format = Format.markdown

  @Option(name: .long, help: "A named configuration or a JSON file of one, instead of all named ones.")
  var config: String?

  func run() throws {
    let map = RegisterMap(configurations: try config.map { [try Configuration.load($0)] } ?? Configuration.named)
    switch format {
    case .markdown: Console.write(map.referencePage)
    case .c: Console.write(map.header)
    case .json: try Console.write(json: map)
    }
  }
}
