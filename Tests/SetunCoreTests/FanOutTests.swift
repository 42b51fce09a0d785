import HardwareDescription
import SetunCore
import SetunMachine
import Testing

@Suite("Nets and sums of the core are narrow enough to route")
struct FanOutTests {
  @Test("no more operands are added between registers than the limit", arguments: Configuration.named)
  func cones(configuration: Configuration) throws {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    let widest = try #require(FanOutReport(design).cones.first)
    #expect(widest.operands <= FanOutReport.operandLimit, "\(widest.path), \(widest.location)")
  }
}
