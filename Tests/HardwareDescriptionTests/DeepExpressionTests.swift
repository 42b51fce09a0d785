import HardwareDescription
import Testing

/// Expressions without names, as deep as a program may build them.
@Suite struct DeepExpressionTests {
  /// A chain of `depth` operators on one value.
  private struct Chain: HardwareModule, CustomReflectable {
    var depth: Int
    var step: @Sendable (Unsigned, Unsigned, Int) -> Unsigned
    var moduleName: String { "chain" }
    var customMirror: Mirror { Mirror(self, children: ["depth": depth]) }

    func build(_ m: ModuleBuilder) {
      let a = m.input("a", Unsigned.self, width: 8)
      let b = m.input("b", Unsigned.self, width: 8)
      var value = a
      for number in 0..<depth { value = step(value, b, number) }
      m.output("y", value.truncated(to: 8))
      m.output("z", m.registered("z", value.truncated(to: 8), reset: 0))
    }
  }

  static let steps: [@Sendable (Unsigned, Unsigned, Int) -> Unsigned] = [
    { value, b, _ in value &+ b },
    { value, b, _ in ~(value ^ b) },
    { value, b, number in (value[0] && b[number % 8]).select(value, b) },
    { value, b, number in number % 2 == 0 ? (value + b).truncated(to: 8) : value[7, 1] &+ b },
    // A checksum: each step uses the one before twice.
    { value, b, number in
      concatenate(value[6, 0], b[number % 8]) ^ value[7].select(Unsigned(0x1D, width: 8), Unsigned(0, width: 8))
    },
  ]

  @Test(arguments: steps.indices) func aDeepExpressionIsWrittenInParts(_ number: Int) throws {
    let elaboration = Elaborator().run(Chain(depth: 2000, step: Self.steps[number]))
    #expect(elaboration.errors == [])
    let text = try #require(try elaboration.systemVerilog(configuration: "test").first?.text)
    // Every part ends after some levels; only nested parentheses cannot be broken into short lines.
    #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 4096 })
    #expect(text.contains("_term2"))
    #expect(text.utf8.count < 10_000_000)
  }

  /// Depths that are cut a few times; nested choices between large values take Icarus long.
  @Test(arguments: zip(steps.indices, [700, 400, 18, 400, 18])) func theFrontEndsAcceptTheParts(
    _ number: Int, _ depth: Int
  ) throws {
    try Tools.withDirectory { directory in
      let files = try Tools.emit(Chain(depth: depth, step: Self.steps[number]), to: directory)
      let complaints = try Tools.complaints(about: files, top: "chain", in: directory)
      #expect(complaints == [])
    }
  }

  @Test func recursionDoesNotGrowWithTheDepth() throws {
    let elaboration = Elaborator().run(Chain(depth: 100_000, step: Self.steps[0]))
    #expect(elaboration.errors == [])
    #expect(elaboration.design.nodeCount > 100_000)
  }
}
