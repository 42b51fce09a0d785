import HardwareDescription
import SetunMachine

/// The embedding rows of a step, one for each stream, which the weight streamer requests one after the other.
struct StreamRows {
  /// The address of the row that is next.
  let address: Unsigned
  /// The row's plan is there: a cycle after its turn came.
  let isPrepared: Bit
  /// It is the step's last row.
  let isLast: Bit
  private let row: Unsigned
  private let prepared: Bit

  /// - Parameter addresses: those of all rows, stream 0 lowest.
  init(_ m: ModuleBuilder, _ c: Configuration, addresses: Unsigned) {
    m.comment("The stream whose embedding row is next.")
    row = m.register("row", Unsigned.self, width: indexWidth(c.streams), reset: 0)
    let candidates = m.vector("row_candidate", Unsigned.self, width: 32, count: c.streams)
    m.generate("row_candidate", count: c.streams) { s in
      candidates[s].drive(addresses.slice(at: s * 32, width: 32))
    }
    address = m.wire("row_address", candidates[row])
    prepared = m.register("row_is_prepared", Bit.self, reset: true)
    isPrepared = prepared
    isLast = m.wire("row_is_last", row == Unsigned(c.streams - 1, width: row.width))
  }

  /// A row's plan with its address registered like the rest of it.
  func prepared(_ m: ModuleBuilder, _ plan: WeightStreamer.Plan) -> WeightStreamer.Plan {
    var plan = plan
    plan.start = m.registered("row_start", address)
    return plan
  }

  /// Goes on when a row's last burst is decided.
  func advance(_ m: ModuleBuilder, rowDone: Bit, clear: Bit) {
    prepared.next(!rowDone)
    m.when(rowDone) { row.next(row &+ 1) }
    m.when(clear) { row.next(0) }
  }
}
