import HardwareDescription

/// Counts the places that a sender may still fill, so that it need not see the receiver's ready.
///
/// `take` spends a credit, `give` returns one; both may be 1 in one cycle. `available` is 1 while a credit is left.
///
/// Guarantees: `available` and `count` come from registers, and no path leads through. A credit given counts from the next
/// cycle on. `count` stays in 0...`credits`: `take` at 0 and `give` at `credits` without the other are ignored. Reset
/// returns every credit.
public struct CreditCounter: HardwareModule {
  /// Credits, at least 1.
  public var credits: Int

  public init(credits: Int) { self.credits = credits }

  /// Bits of `count`.
  public var countBits: Int { indexWidth(credits + 1) }

  public var moduleName: String { "credit_counter_\(credits)" }
  public var documentation: String {
    """
    Counter of \(credits) credit\(credits == 1 ? "" : "s"): take_i spends one, give_i returns one.
    available_o is 1 while one is left. Neither end can be passed.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let take = m.input("take", Bit.self)
    let give = m.input("give", Bit.self)
    guard m.accepts(credits, in: 1..., named: "credits") else { return }
    let available = m.register("available", Bit.self, reset: true)
    let count = m.register("count", Unsigned.self, width: countBits, reset: credits)
    m.when(take && !give && available) {
      count.next(count &- 1)
      available.next(count != Unsigned(1, width: countBits))
    }.elseWhen(give && !take && count != Unsigned(credits, width: countBits)) {
      count.next(count &+ 1)
      available.next(true)
    }
    m.output("available", available)
    m.output("count", count)
  }
}
