import ArgumentParser
import SetunMachine
import SetunPackaging

struct PackageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "package",
    abstract: "Write a core as a package: FuseSoC, Vivado IP integrator, Quartus Platform Designer.",
    discussion: """
      OUT/rtl has the core and two shells that give every channel and stream ports of its own; beside it lie a CAPI2 .core \
      file, package_ip.tcl for Vivado, a _hw.tcl component, the clock constraint, a floorplan for devices of several \
      dies, and the registers as a C header. No vendor tool has run the scripts yet.
      """)

  @Option(name: .long, help: "A named configuration or a JSON file of one.")
  var config = "tiny"

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String

  @Flag(name: .long, help: "Print one JSON object instead of the list of files.")
  var json = false

  func run() throws {
    let configuration = try Configuration.load(config)
    try configuration.validate()
    let package = try CorePackage(configuration)
    var folders: [String: [(name: String, text: String)]] = [:]
    for file in package.files {
      let parts = file.path.split(separator: "/").map(String.init)
      folders[parts.dropLast().joined(separator: "/"), default: []].append((parts.last ?? file.path, file.text))
    }
    for (folder, files) in folders.sorted(by: { $0.key < $1.key }) {
      // Modules of another configuration that was packaged here before go.
      try Emission.write(files, to: folder.isEmpty ? out : "\(out)/\(folder)")
    }
    let paths = package.files.map(\.path).sorted()
    if json {
      try Console.write(json: ["written": paths])
    } else {
      Console.write(paths.map { "\(out)/\($0)\n" }.joined())
    }
  }
}
