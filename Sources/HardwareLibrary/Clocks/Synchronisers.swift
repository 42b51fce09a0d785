import HardwareDescription

extension ClockDomain {
  /// Where the library's clock crossings come from; they lead to the main domain, the one that is open where the module is
  /// instantiated. Name the real domain there: `clocks: [.source: bus]`.
  public static let source = ClockDomain("source")
}

/// Takes a bit of another clock, or of none, into the main domain.
///
/// Guarantees: `out` follows `in` after `stages` edges, or one more when `in` changes at the edge itself; it comes from a
/// register. What changes back within a cycle may be missed. `in` must come straight from a register or a pin. `out` is 0
/// during reset.
public struct BitSynchroniser: HardwareModule {
  /// Registers, at least 2.
  public var stages: Int

  public init(stages: Int = 2) { self.stages = stages }

  public var moduleName: String { "bit_synchroniser_\(stages)" }
  public var sourceFile: String { "Synchronisers.swift" }
  public var documentation: String { "Takes a bit into this clock domain through \(stages) registers." }

  public func build(_ m: ModuleBuilder) {
    let source = m.clocked(by: .asynchronous) { m.input("in", Bit.self) }
    m.output("out", m.synchronised("in_seen", source, stages: stages))
  }
}

/// Releases a reset in step with its clock.
///
/// Guarantees: `released` falls with `rst_ni`, without a clock, and rises `stages` edges after it; it is the reset to give to
/// the rest of the domain. The tools for timing must know that `rst_ni` follows no clock.
public struct ResetSynchroniser: HardwareModule {
  /// Registers, at least 2.
  public var stages: Int

  public init(stages: Int = 2) { self.stages = stages }

  public var moduleName: String { "reset_synchroniser_\(stages)" }
  public var sourceFile: String { "Synchronisers.swift" }
  public var documentation: String {
    "Reset that falls at once and is released \(stages) clock edges after rst_ni, in step with the clock."
  }

  public func build(_ m: ModuleBuilder) {
    // Released next to an edge the first register may waver, as with a bit of another clock.
    m.output("released", m.synchronised("released", Bit(true), stages: stages))
  }
}

/// Carries pulses of one cycle from the domain `source` into the main domain.
///
/// Guarantees: each cycle in which `in` is 1 gives one cycle in which `out` is 1, `stages` to `stages + 1` edges after it, if the
/// pulses are more than one cycle of the main clock apart; pulses that are closer may be lost in pairs. `out` depends on
/// registers alone. Both domains are reset together; nothing is carried out of a reset.
public struct PulseSynchroniser: HardwareModule {
  /// Registers of the synchroniser, at least 2.
  public var stages: Int

  public init(stages: Int = 2) { self.stages = stages }

  public var moduleName: String { "pulse_synchroniser_\(stages)" }
  public var sourceFile: String { "Synchronisers.swift" }
  public var documentation: String {
    """
    Carries pulses of one cycle into this clock domain; they must be more than a cycle of clk_i apart.
    A pulse turns a level over, and the change of the level is the pulse on the other side.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let level = m.clocked(by: .source) {
      let source = m.input("in", Bit.self)
      let level = m.register("level", Bit.self, reset: false)
      m.when(source) { level.next(!level) }
      return level
    }
    let seen = m.synchronised("level_seen", level, stages: stages)
    m.output("out", seen ^ m.registered("level_before", seen, reset: false))
  }
}

/// Carries the words of a stream from the domain `source` into the main domain one by one, with request and acknowledge.
///
/// Guarantees: no path leads through; `out` comes from registers of the main domain, `in_ready` from those of `source`. A word
/// needs `stages + 1` to `stages + 2` edges of the main clock; the next is taken when the acknowledge is back, `stages` to
/// `stages + 1` edges of the source's clock later. Room for two words. Words leave in order, none is lost or doubled. `out`
/// keeps the four rules of `StreamRule` whatever `in` does. Both domains are reset together.
public struct BusSynchroniser: HardwareModule {
  /// Bits of the payload.
  public var width: Int
  /// Registers of the synchronisers, at least 2.
  public var stages: Int

  public init(width: Int, stages: Int = 2) {
    self.width = width
    self.stages = stages
  }

  public var moduleName: String { "bus_synchroniser_\(width)_\(stages)" }
  public var sourceFile: String { "Synchronisers.swift" }
  public var documentation: String {
    """
    Carries a stream of \(width) bits into this clock domain, a word at a time.
    A request turns over when a word is held, the acknowledge follows when it has been taken.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let acknowledge = m.register("acknowledge", Bit.self, reset: false)
    let (request, held) = m.clocked(by: .source) {
      let source = m.inputStream("in", Unsigned.self, width: width)
      let request = m.register("request", Bit.self, reset: false)
      let held = m.register("held", Unsigned.self, width: width)
      source.ready.drive(request == m.synchronised("acknowledge_seen", acknowledge, stages: stages))
      m.when(source.transfers) { request.next(!request) }
      m.when(source.transfers) { held.next(source.payload) }
      return (request, held)
    }
    let requestSeen = m.synchronised("request_seen", request, stages: stages)
    let word = m.crossing("word", held, because: "held from the request until the acknowledge has returned")
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let valid = m.register("out_valid", Bit.self, reset: false)
    let data = m.register("out_data", Unsigned.self, width: width)
    let arrives = m.wire("arrives", requestSeen != acknowledge)
    let moves = m.wire("moves", sink.ready || !valid)
    m.when(moves) {
      valid.next(arrives)
      acknowledge.next(requestSeen)
    }
    m.when(moves && arrives) { data.next(word) }
    sink.valid.drive(valid)
    sink.payload.drive(data)
  }
}
