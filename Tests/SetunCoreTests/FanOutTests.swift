import HardwareDescription
import SetunCore
import SetunMachine
import Testing

@Suite("Nets and sums of the core are narrow enough to route")
struct FanOutTests {
  @Test("no net has more loads than the limit", arguments: Configuration.named)
  func loads(configuration: Configuration) {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    for net in FanOutReport(design, kept: .max).nets where net.loads > FanOutReport.loadLimit {
      Issue.record("\(net.path) has \(net.loads) loads (\(net.location))")
    }
  }

  @Test("no more operands are added between registers than the limit", arguments: Configuration.named)
  func cones(configuration: Configuration) throws {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    let widest = try #require(FanOutReport(design).cones.first)
    #expect(widest.operands <= FanOutReport.operandLimit, "\(widest.path), \(widest.location)")
  }
}
