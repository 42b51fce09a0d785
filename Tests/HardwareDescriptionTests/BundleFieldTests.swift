import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

private enum Direction: HardwareEnum { case north, east, south }

/// A bundle with an enumeration and a vector.
private struct Beat: HardwareBundle {
  var heading = Enumerated<Direction>.field()
  var lanes: PackedVector<Signed>

  init() { lanes = .field(width: 5, count: 3) }

  mutating func forEachField(_ field: FieldVisitor) {
    field("heading", &heading, reset: .east)
    field("lanes", &lanes, resetsToZero: true)
  }
}

/// Registers a beat, turns its heading and adds one to each lane.
private struct Turn: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let beat = m.input("in", Beat())
    let keep = m.input("keep", Bit.self)
    let kept = m.register("kept", beat.shape)
    kept.next(keep.select(kept, beat))
    let out = m.output("out", Beat())
    out.heading.drive(.north)
    m.switchOn(kept.heading) { heading in
      switch heading {
      case .north: out.heading.drive(.east)
      case .east: out.heading.drive(.south)
      case .south: break
      }
    }
    m.generate("lane", count: 3) { k in out.lanes[k].drive(kept.lanes[k] &+ 1) }
    let chosen = m.input("which", Unsigned.self, width: 2)
    m.output("chosen", kept.lanes[chosen])
    let last = m.register("last", reset: Direction.south)
    last.next(kept.heading)
    m.output("was_south", last == .south)
  }
}

/// Two turns in a row, the second a cycle late.
private struct TwoTurns: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let first = m.instance("u_first", Turn())
    first.connect("in", m.input("in", Beat()))
    first.connect("keep", m.input("keep", Bit.self))
    first.connect("which", m.input("which", Unsigned.self, width: 2))
    let between = m.delayed("between", first.output("out", Beat()), by: 1)
    let second = m.instance("u_second", Turn())
    second.connect("in", between)
    second.connect("keep", false as Bit)
    second.connect("which", Unsigned(1))
    m.output("out", second.output("out", Beat()))
    m.output("chosen", first.output("chosen", Signed.self))
    m.output("is_north", between.heading == .north)
    m.output("packed", PackedVector([between.lanes[2], between.lanes[0]]).bits)
    m.unused(second.output("chosen", Signed.self))
    m.unused(first.output("was_south", Bit.self))
    m.output("was_south", second.output("was_south", Bit.self))
  }
}

/// Enumerations and vectors as fields of bundles.
@Suite struct BundleFieldTests {
  @Test func everyFrontEndAcceptsTheText() throws {
    #expect(Elaborator().run(TwoTurns()).diagnostics == [])
    try Tools.withDirectory { directory in
      let files = try Tools.emit(TwoTurns(), to: directory)
      let complaints = try Tools.complaints(about: files, top: "two_turns", in: directory)
      #expect(complaints == [])
    }
  }

  @Test func headingsTurnAndLanesCount() throws {
    var random = SeededGenerator(seed: 23)
    let cycles = (0..<60).map { _ -> [String: UInt64] in
      [
        "in_heading": .random(in: 0..<3, using: &random), "in_lanes": .random(in: 0..<(1 << 15), using: &random),
        "keep": .random(in: 0..<4, using: &random) == 0 ? 1 : 0, "which": .random(in: 0..<3, using: &random),
      ]
    }
    let outputs = try ClockedBench.run(TwoTurns(), cycles)
    try #require(outputs.count == cycles.count)
    func turned(_ heading: UInt64) -> UInt64 { (heading + 1) % 3 }
    func counted(_ lanes: UInt64) -> UInt64 {
      (0..<3).reduce(0) { $0 | (((lanes >> (5 * $1) & 31) + 1) % 32) << (5 * $1) }
    }
    // Register by register: first, between, second, and the heading before.
    var (heading, lanes) = (UInt64(1), UInt64(0))
    var between = (heading: UInt64(1), lanes: UInt64(0))
    var second = between
    var last = UInt64(2)
    for (input, output) in zip(cycles, outputs) {
      func value(_ name: String) -> UInt64? { output[name].flatMap { UInt64($0, radix: 16) } }
      #expect(value("out_heading") == turned(second.heading))
      #expect(value("out_lanes") == counted(second.lanes))
      #expect(value("chosen") == lanes >> (5 * (input["which"] ?? 0)) & 31)
      #expect(value("is_north") == (between.heading == 0 ? 1 : 0))
      #expect(value("packed") == (between.lanes & 31) << 5 | between.lanes >> 10)
      #expect(value("was_south") == (last == 2 ? 1 : 0))
      last = second.heading
      second = between
      between = (turned(heading), counted(lanes))
      if input["keep"] == 0 { (heading, lanes) = (input["in_heading"] ?? 0, input["in_lanes"] ?? 0) }
    }
  }

  @Test func wrongVectorsAreReported() {
    struct Wrong: HardwareModule {
      func build(_ m: ModuleBuilder) {
        let beat = m.input("in", Beat())
        m.output("a", beat.lanes[3])
        m.output("b", beat.lanes[m.input("which", Unsigned.self, width: 3)])
        m.output("c", PackedVector([beat.lanes[0], beat.lanes[1] + 1]).bits)
        m.unused(beat)
      }
    }
    let messages = Elaborator().run(Wrong()).diagnostics.filter { $0.kind == .invalidExpression }.map(\.message)
    #expect(
      messages == [
        "bits [19:15] of a signal of 15 bits", "an index of 3 bits for a vector of 3 elements, which needs 2",
        "elements of 5 and 6 bits, or without a width, in one vector",
      ])
  }
}
