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
  public static let all: [Proof] = streams + accelerator
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
    Proof("streamer_shallow", "the weight streamer's bursts cover its list exactly and cross no boundary, small") {
      () throws(FormalError) in try weightStreamer(.shallow)
    },
    Proof("streamer", "the weight streamer's bursts cover its list exactly and cross no boundary") {
      () throws(FormalError) in try weightStreamer(.tiny)
    },
  ]
}
