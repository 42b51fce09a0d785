import HardwareFormal
import SetunMachine

/// A harness under a name, made when it is wanted.
public struct Proof: Sendable {
  /// What `rtlgen formal --only` takes.
  public let name: String
  /// What is proved, in one line.
  public let summary: String
  private let make: @Sendable () throws(FormalError) -> FormalHarness

  init(_ name: String, _ summary: String, _ make: @escaping @Sendable () throws(FormalError) -> FormalHarness) {
    self.name = name
    self.summary = summary
    self.make = make
  }

  public func harness() throws(FormalError) -> FormalHarness { try make() }

  /// Every proof, fast ones first.
  public static let all: [Proof] = streams + flow + clocks + accelerator
}

extension Proof {
  /// Modules of the accelerator.
  static let accelerator = [
    Proof("fifo_shallow", "a stream FIFO of few beats keeps order, fills up and never overflows") {
      () throws(FormalError) in try streamFIFO(.shallow, coversFull: true)
    },
    Proof("fifo", "the stream FIFO of tiny keeps order and never overflows") {
      () throws(FormalError) in try streamFIFO(.tiny, coversFull: false)
    },
    Proof("credit", "credit: a FIFO of few beats is never full when a requested beat arrives") {
      () throws(FormalError) in try creditLoop(.shallow)
    },
    Proof("streamer", "the bursts of tiny cover the list of requests exactly, and none crosses a boundary") {
      () throws(FormalError) in try weightStreamer(.tiny)
    },
  ]
}
