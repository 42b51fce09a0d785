import HardwareDescription
import HardwareLibrary
import SetunMachine

/// The recurrence of all streams, for one row lane each.
public struct StateChain: HardwareModule {
  public let configuration: Configuration

  public var documentation: String {
    """
    The MLGRU's recurrence h' = f * h + fresh of \(configuration.streams) streams. With one sequence a stream's h is the h' of the one before it,
    and the first one's is the state of the last one's memory; otherwise each has its own. A stream that works on
    nothing leaves h as it is. \(configuration.phrase("An element", "A row group")) of every stream enters each cycle, and \
    \(configuration.streams * MachineTiming.stateChain) cycles later all of them leave; nothing
    stalls. Stream 0 lies lowest.
    Source: ARCHITECTURE.md, section 1, "Streams".
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let oneSequence = m.input("one_sequence", Bit.self)
    let active = m.input("active", Unsigned.self, width: c.streams)
    let operands = ["forget", "fresh", "state"].map { m.input($0, Unsigned.self, width: c.streams * c.stepBits) }
    let next = m.output("next", Unsigned.self, width: c.streams * c.stepBits)
    m.comment("Long before the first element of a run: a copy for each stream of each lane.")
    let copies = m.registeredCopies("lane_one_sequence", oneSequence.asUnsigned, count: c.rowLanes * c.streams)
    m.generate("lane", count: m.constant("Lanes", c.rowLanes)) { k in
      let lane = m.instance("u_lane", StateChainLane(configuration: c))
      lane.connect("one_sequence", copies.slice(at: k * c.streams, width: c.streams))
      lane.connect("active", active)
      func place(_ s: Index) -> Index { s * c.stepBits + k * c.floatBits }
      for (name, operand) in zip(["forget", "fresh", "state"], operands) {
        let values = m.wire("lane_\(name)", Unsigned.self, width: c.streams * c.floatBits)
        m.generate("\(name)_stream", count: c.streams, index: "s") { s in
          values.slice(at: s * c.floatBits, width: c.floatBits).drive(operand.slice(at: place(s), width: c.floatBits))
        }
        lane.connect(name, values)
      }
      let results = m.wire("lane_results", lane.output("next", Unsigned.self))
      m.generate("next_stream", count: c.streams, index: "s") { s in
        next.slice(at: place(s), width: c.floatBits).drive(results.slice(at: s * c.floatBits, width: c.floatBits))
      }
    }
  }
}

/// One row lane of the recurrence.
struct StateChainLane: HardwareModule {
  let configuration: Configuration

  var sourceFile: String { "StateChain.swift" }
  var documentation: String {
    """
    One row lane of the recurrence of all streams. Stream s runs s times \(MachineTiming.stateChain) cycles behind the first one, so that it
    can take up what the one before it has left; delays before and after make up for that.
    """
  }

  func build(_ m: ModuleBuilder) {
    let c = configuration
    let step = MachineTiming.stateChain
    let oneSequence = m.input("one_sequence", Unsigned.self, width: c.streams)
    let active = m.input("active", Unsigned.self, width: c.streams)
    let forget = m.input("forget", Unsigned.self, width: c.streams * c.floatBits)
    let fresh = m.input("fresh", Unsigned.self, width: c.streams * c.floatBits)
    let state = m.input("state", Unsigned.self, width: c.streams * c.floatBits)
    func part(_ all: Unsigned, _ s: Int) -> Unsigned { all.slice(at: s * c.floatBits, width: c.floatBits) }
    func delayed(_ name: String, _ value: Unsigned, by cycles: Int) -> Unsigned {
      guard cycles > 0 else { return value }
      let line = m.instance("u_\(name)_delay", DelayLine(width: c.floatBits, cycles: cycles))
      line.connect("value", value)
      return line.output("delayed", Unsigned.self, name: name)
    }

    var before: Unsigned?
    var results: [Unsigned] = []
    for s in 0..<c.streams {
      m.comment("Stream \(s).")
      let own = delayed("state_\(s)", part(state, s), by: s * step)
      let read = m.wire("read_\(s)", oneSequence[s].select(before ?? part(state, c.streams - 1), own))
      let multiply = m.instance("u_kept_\(s)", FloatMultiply(format: c.format))
      multiply.connect("a", delayed("forget_\(s)", part(forget, s), by: s * step))
      multiply.connect("b", read)
      let add = m.instance("u_next_\(s)", FloatAdd(format: c.format))
      add.connect("a", multiply.output("result", Unsigned.self, name: "kept_\(s)"))
      add.connect("b", delayed("fresh_\(s)", part(fresh, s), by: s * step + OperatorLatency.multiply))
      let moved = add.output("result", Unsigned.self, name: "moved_\(s)")
      let next = m.wire("next_\(s)", active[s].select(moved, delayed("kept_state_\(s)", read, by: step)))
      results.append(delayed("result_\(s)", next, by: (c.streams - 1 - s) * step))
      before = next
    }
    m.output("next", concatenate(results.reversed()))
  }
}

/// A value some cycles later.
struct DelayLine: HardwareModule {
  let width: Int
  let cycles: Int

  var moduleName: String { "delay_line_\(width)_\(cycles)" }
  var sourceFile: String { "StateChain.swift" }
  var documentation: String { "A value of \(width) bits, \(cycles) cycles later." }

  func build(_ m: ModuleBuilder) {
    let value = m.input("value", Unsigned.self, width: width)
    let line = m.registerVector("line", Unsigned.self, width: width, count: m.constant("Cycles", cycles))
    line[0].next(value)
    m.generate("step", from: 1, to: cycles) { k in line[k].next(line[k - 1]) }
    m.output("delayed", line[cycles - 1])
  }
}
