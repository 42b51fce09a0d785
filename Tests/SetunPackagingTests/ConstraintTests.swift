import Foundation
import HardwareDescription
import SetunCore
import SetunMachine
import SetunPackaging
import Testing

@Suite("Constraints")
struct ConstraintTests {
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Constraints")

  @Test("the committed files are what `rtlgen constraints` writes, and there are no others of cores")
  func drift() throws {
    let files = try ConstraintFile.named()
    for file in files {
      let committed = try? String(contentsOf: Self.directory.appending(path: file.name), encoding: .utf8)
      #expect(committed == file.text, "\(file.name)")
    }
    let present = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
    #expect(Set(present.filter { $0.hasPrefix("setun_core_") }) == Set(files.map(\.name)))
  }

  @Test("the clock's period is never longer than that of the configuration, nor a picosecond too short")
  func periods() throws {
    for configuration in Configuration.named {
      let text = try #require(try ConstraintFile.all(for: configuration).first).text
      let words = text.split(separator: "\n").last?.split(separator: " ") ?? []
      #expect(words.prefix(4) == ["create_clock", "-name", "core", "-period"])
      let nanoseconds = try #require(Double(words[4]))
      let period = 1000 / Double(configuration.clockMHz)
      #expect(nanoseconds <= period + 1e-9 && nanoseconds > period - 0.001, "\(configuration.name)")
    }
  }

  static func core(_ configuration: Configuration) throws -> ModuleDefinition {
    try #require(Elaborator(passes: []).run(SetunCore(configuration: configuration)).design.top)
  }

  @Test("a floorplan places every instance of the core once", arguments: [Configuration.u250, .u250x4, .u280])
  func floorplans(_ configuration: Configuration) throws {
    let files = try ConstraintFile.all(for: configuration)
    let floorplan = try #require(files.last)
    #expect(files.count == 2 && floorplan.name.hasSuffix("_floorplan.xdc"))
    let placed = floorplan.text.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("add_cells_to_pblock"), let start = line.range(of: "${core}")?.upperBound else { return nil }
      return line[start...].dropLast(2).replacingOccurrences(of: "\\", with: "")
    }
    // The instances as the emitted text has them: name and, in a loop, the loop's label.
    let text = try #require(
      try SetunCore(configuration: configuration).systemVerilog().first { $0.name == "setun_core.sv" }
    ).text
    var instances: Set<String> = []
    var loops: [(indent: Substring, label: Substring)] = []
    for line in text.split(separator: "\n") {
      let indent = line.prefix { $0 == " " }
      if let label = line.range(of: "begin : ") { loops.append((indent, line[label.upperBound...])) }
      if let innermost = loops.last, line == innermost.indent + "end" { loops.removeLast() }
      let words = line.split(separator: " ")
      if words.count == 3, words[2] == "(", words[1].hasPrefix("u_") {
        instances.insert((loops.map(\.label) + [words[1]]).joined(separator: "."))
      }
    }
    #expect(Set(placed).count == placed.count)
    let shapes = Set(placed.map { $0.replacing(/\[\d+\]/, with: "") })
    #expect(shapes == instances)
    let channels = placed.filter { $0.hasSuffix("channel") }
    #expect(channels.count == configuration.channels)
    #expect(placed.filter { $0.hasSuffix("u_stream") }.count == configuration.streams)
  }

  @Test("a core whose channels and streams are not found is refused")
  func renamed() throws {
    let core = try Self.core(.tiny)
    #expect(try CoreInstances(of: core, .tiny).channels == ["u_channel"])
    #expect(throws: PackageError.self) { try CoreInstances(of: core, .u250) }
    var streams = Configuration.tiny
    streams.streams = 2
    #expect(throws: PackageError.self) { try CoreInstances(of: core, streams) }
  }
}
