import HardwareFormal

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
  public static let all: [Proof] = streams + flow
}
