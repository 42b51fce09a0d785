import HardwareDescription
import SetunCore
import SetunMachine
import Testing

@Suite("Nets and sums of the core are narrow enough to route")
struct FanOutTests {
  /// What is still above the limit, by the end of its path, and the configurations where it is.
  private static let pending: [(net: String, configurations: Set<String>)] = [
    ("u_keep.result", ["tiny", "wide", "kv260", "u250", "d5005", "u280"]),
    ("u_run_control.clears", ["kv260", "u280"]),
    ("u_serialiser.read_pointer", ["u280"]),
    ("u_serialiser.channel", ["u280"]),
    ("(SlotSequence.swift:86)", ["u280"]),
  ]

  @Test("no net has more loads than the limit, but for those that are known", arguments: Configuration.named)
  func loads(configuration: Configuration) {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    let wide = FanOutReport(design, kept: .max).nets.filter { $0.loads > FanOutReport.loadLimit }
    let known = Self.pending.filter { $0.configurations.contains(configuration.name) }.map(\.net)
    for net in wide {
      #expect(known.contains { net.path.hasSuffix($0) }, "\(net.path) has \(net.loads) loads (\(net.location))")
    }
    for name in known { #expect(wide.contains { $0.path.hasSuffix(name) }, "\(name) is within the limit now") }
  }

  @Test("no more operands are added between registers than the limit", arguments: Configuration.named)
  func cones(configuration: Configuration) throws {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    let widest = try #require(FanOutReport(design).cones.first)
    #expect(widest.operands <= FanOutReport.operandLimit, "\(widest.path), \(widest.location)")
  }
}
