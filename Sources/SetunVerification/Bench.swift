import SetunMachine
import SetunSimulator
import VerilatorBridge

/// A bench that holds a built core to its specification. It needs the core only, so it can be run on any SystemVerilog
/// with the ports of `setun_core`, also on one that was changed on purpose.
public struct Bench: Sendable, Identifiable {
  public let id: String
  /// What it drives and expects, in one line.
  public let summary: String
  /// Whether it takes at most a few seconds also on wide machines.
  public let isQuick: Bool
  private let body:
    @Sendable (_ model: VerilatorModel, _ configuration: Configuration, _ seed: UInt64) throws -> BenchLog

  init(
    _ id: String, _ summary: String, isQuick: Bool = true,
    _ body: @escaping @Sendable (VerilatorModel, Configuration, UInt64) throws -> BenchLog
  ) {
    self.id = id
    self.summary = summary
    self.isQuick = isQuick
    self.body = body
  }

  /// Runs the bench on a core that was built for `configuration`.
  ///
  /// - Parameter seed: of everything random in it.
  /// - Returns: a log without findings when the core is as specified; it is cut short after three hangs or twenty
  ///   findings. A core whose control port does not even answer is a finding, not an error.
  /// - Throws: when the bench itself cannot run, for want of memory or disk.
  public func run(on model: VerilatorModel, configuration: Configuration, seed: UInt64 = 1) throws -> BenchLog {
    do {
      return try body(model, configuration, seed)
    } catch let enough as BenchGivenUp {
      return enough.log
    } catch let error as BridgeError {
      switch error {
      case .noAnswer, .refused, .stuck:
        var log = BenchLog()
        log.add("\(error)")
        return log
      default: throw error
      }
    }
  }

  /// All directed benches.
  public static let directed: [Bench] = [
    headers, badStarts, memoryErrors, badTrits, illegalInstructions, illegalBodies, stops, resets, hostTraffic,
    endTokens, timeline, fullTokenFIFO, logitsBackpressure, rearranged, powerUp, capacity,
  ]

  /// The directed benches and a short watchdog.
  public static let all: [Bench] = directed + [watchdog(count: 300)]
}
