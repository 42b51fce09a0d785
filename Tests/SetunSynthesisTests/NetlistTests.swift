import Foundation
import HardwareDescription
import SeededRandom
import SetunCore
import SetunMachine
import SetunSynthesis
import Testing
import VerilatorBridge

/// Netlists for the ECP5 beside what they were made of.
@Suite(.serialized) struct NetlistTests {
  /// A memory of each width that a block RAM has, full of random words, and both kinds of products.
  private struct CellProbe: HardwareModule {
    static let shapes = [(1, 16_384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)]
    var documentation: String { "Memories with contents, and products." }

    func build(_ m: ModuleBuilder) {
      var random = SeededGenerator(seed: 18)
      let enable = m.input("enable", Bit.self)
      let written = m.input("written", Unsigned.self, width: 14)
      let read = m.input("read", Unsigned.self, width: 14)
      let data = m.input("data", Unsigned.self, width: 36)
      for (width, depth) in Self.shapes {
        let bits = indexWidth(depth)
        let words = (0..<depth).map { _ in BitPattern(words: [random.next()], width: 64).slice(low: 0, count: width) }
        let memory = m.memory(
          "memory_\(width)", Unsigned.self, width: width, depth: depth, readLatency: 1, style: .block,
          collision: .undefined, contents: MemoryContents(words: words))
        memory.write(written.truncated(to: bits), data.truncated(to: width), enable: enable)
        m.output("word_\(width)", memory.read("word_\(width)", read.truncated(to: bits)))
      }
      let (a, b) = (data.slice(at: 0, width: 18), data.slice(at: 18, width: 18))
      m.output("product", m.registered("product", a * b))
      m.output("signed_product", m.registered("signed_product", a.asSigned * b.asSigned))
    }
  }

  private static let seed: UInt64 = 0xEC95

  /// Synthesises the module and runs it beside its netlist; `change` may spoil the netlist.
  ///
  /// - Parameter name: of a module below; nil for the module itself.
  private func mismatch(
    _ module: some HardwareModule, _ name: String? = nil, cycles: Int = 20_000,
    change: (String) throws -> String = { $0 }
  ) throws -> NetlistBench.Mismatch? {
    let design = Elaborator().run(module).design
    let definition = try #require(name.map { design.module($0) } ?? design.top)
    let netlist = Netlist(of: definition.name)
    return try SynthesisDirectory.with(module) { directory in
      let outcome = try SynthesisDirectory.yosys().run(netlist.script(), in: directory)
      try #require(outcome.succeeded, "\(outcome.messages)")
      let file = directory.appendingPathComponent(netlist.file)
      try Data(change(try String(contentsOf: file, encoding: .utf8)).utf8).write(to: file)
      try netlist.prepare(directory)
      let bench = try NetlistBench(OperatorPorts(definition), netlist: netlist, directory: directory)
      return bench.mismatch(cycles: cycles, seed: Self.seed)
    }
  }

  @Test func memoriesOfAllWidthsAndProductsAreTheSame() throws {
    let mismatch = try mismatch(CellProbe(), cycles: 60_000) { netlist in
      // The probe tests what it is meant to.
      for (width, _) in CellProbe.shapes { try #require(netlist.contains("DATA_WIDTH_B(32'd\(width))"), "\(width)") }
      try #require(netlist.contains("SIGNEDA(1'h0)") && netlist.contains("SIGNEDA(1'h1)"))
      return netlist
    }
    #expect(mismatch == nil)
  }

  @Test(arguments: ["state_memory", "dot_tree_32", "float_multiply_e8f15"])
  func unitsOfTheCoreAreTheSame(_ unit: String) throws {
    #expect(try mismatch(SetunCore(configuration: .ulx3s), unit) == nil)
  }

  @Test func aNetlistTakesTheDesignsPlace() throws {
    let module = CellProbe()
    let definition = try #require(Elaborator().run(module).design.top)
    let netlist = Netlist(of: definition.name)
    try SynthesisDirectory.with(module) { directory in
      let outcome = try SynthesisDirectory.yosys().run(netlist.script(keepsName: true), in: directory)
      try #require(outcome.succeeded, "\(outcome.messages)")
      try netlist.replaceDesign(in: directory, spoilsCollisions: true)
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      #expect(names == ["DP16KD.v", "MULT18X18D.v", netlist.file])
      _ = try OperatorModel.build(
        rtlDirectory: directory, operators: [OperatorPorts(definition)],
        options: VerilatorModel.Options(isLenient: true))
    }
  }

  @Test func aBitThatIsWrongInAMemoryIsFoundWithItsCycleAndPort() throws {
    struct NumberTable: HardwareModule {
      var documentation: String { "A word of 18 bits for each place." }

      func build(_ m: ModuleBuilder) {
        let words = (0..<1024).map { BitPattern(words: [UInt64($0 * 40_503)], width: 64).slice(low: 0, count: 18) }
        let memory = m.memory(
          "numbers", Unsigned.self, width: 18, depth: 1024, readLatency: 1, style: .block,
          contents: MemoryContents(words: words))
        m.output("number", memory.read("number", m.input("place", Unsigned.self, width: 10)))
      }
    }
    let found = try mismatch(NumberTable()) { netlist in
      let start = try #require(netlist.range(of: "INITVAL_00(320'h"))
      let digit = netlist[start.upperBound]
      return netlist.replacingCharacters(in: start.upperBound...start.upperBound, with: digit == "3" ? "1" : "3")
    }
    let mismatch = try #require(found)
    #expect(mismatch.port == "number" && mismatch.seed == Self.seed && mismatch.cycle >= 8)
    #expect(mismatch.description.contains("cycle \(mismatch.cycle), port number_o"))
  }
}
