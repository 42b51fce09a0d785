import HardwareDescription
import SetunMachine

/// Keeps the largest logit and streams all of them.
public struct ArgmaxUnit: HardwareModule {
  public var configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var documentation: String {
    """
    The argmax over the logits and the logits stream. \(entering) With
    logits enabled every logit also enters a FIFO towards an AXI4-Stream port: binary32, row order, TLAST with a
    position's last one. Backpressure is by credit: issue_i takes a place when the serialiser issues a \(configuration.phrase("row", "group")), and
    space_o holds the serialiser back while none is free. A stop of the core leaves the FIFO alone, because TVALID
    must not fall before TREADY: what is in it can still be read, and the packet that was cut short then has no
    TLAST.
    """
  }

  private var entering: String {
    configuration.phrase(
      """
      A logit enters each cycle in which element_valid_i is 1, and leaves
      a cycle later in result_*_o. Then it is compared with the best; a strictly larger one replaces it, so the first
      maximum wins. The token leaves one cycle after the last result.
      """,
      """
      A row group enters each cycle in which element_valid_i is 1, and
      leaves a cycle later in result_*_o. By then its first three and its last two logits have been compared with each
      other, and those two are compared with the best. A strictly larger one replaces what comes before it, so the first
      maximum wins. The token leaves one cycle after the last result. TKEEP is 0 in the lanes of padding.
      """)
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = m.input("element", ElementTag(c))
    let logit = m.input("logit", Unsigned.self, width: c.stepBits)
    let enable = m.input("logits_enable", Bit.self)
    let issue = m.input("issue", Bit.self)
    let ready = m.input("logits_tready", Bit.self)

    if let lanes = element.lanes {
      let result = buildGroupMaximum(m, element, lanes, logit)
      let last = result.tag.lanes ?? lanes
      buildStream(m, result.tag, concatenate(last, result.logit), enable: enable, issue: issue, ready: ready)
      return
    }
    m.comment("A float's order is that of its bits, once a negative one's are complemented.")
    let candidate = m.registered("candidate", order(m, logit))
    let result = m.registered("result", element)
    let resultLogit = m.registered("result_logit", logit)
    let best = m.register("best", Unsigned.self, width: c.floatBits)
    let token = m.register("token", Unsigned.self, width: Configuration.indexBits)
    m.when(result.valid && (result.index == 0 || candidate > best)) {
      best.next(candidate)
      token.next(result.index)
    }
    m.output("token_valid", m.registered("token_valid", result.valid && result.last, reset: false))
    m.output("token", token)
    m.output("result_valid", result.valid)
    m.output("result_last", result.last)
    m.output("result_logit", resultLogit)
    buildStream(m, result, resultLogit, enable: enable, issue: issue, ready: ready)
  }

  /// A machine float as a number of the same order.
  private func order(_ m: ModuleBuilder, _ logit: Unsigned) -> Unsigned {
    let top = configuration.floatBits - 1
    let sign = m.wire("sign", logit[top])
    return m.wire("key", concatenate(!sign, sign.select(~logit[top - 1, 0], logit[top - 1, 0])))
  }

  /// With several lanes: the largest logit of a group, and of all groups so far.
  private func buildGroupMaximum(
    _ m: ModuleBuilder, _ element: ElementTag, _ filled: Unsigned, _ logit: Unsigned
  ) -> (tag: ElementTag, logit: Unsigned) {
    let c = configuration
    let lanes = m.constant("Lanes", c.rowLanes)
    m.comment(
      "A float's order is that of its bits, once a negative one's are complemented. Padding is the smallest number.")
    let keys = m.vector("lane_key", Unsigned.self, width: c.floatBits, count: lanes)
    m.generate("lane", count: lanes) { k in
      let key = order(m, m.wire("lane_logit", logit.slice(at: k * c.floatBits, width: c.floatBits)))
      keys[k].drive(key & filled[k].replicated(c.floatBits))
    }

    m.comment("The first three lanes and the last two, each compared with each other; the lower lane wins a tie.")
    let isLane0 = m.wire("is_lane0", keys[0] >= keys[1] && keys[0] >= keys[2])
    let isLane1 = m.wire("is_lane1", keys[1] >= keys[2])
    let isLane3 = m.wire("is_lane3", keys[3] >= keys[4])
    let low = m.registered("low", isLane0.select(keys[0], isLane1.select(keys[1], keys[2])))
    let lowLane = m.registered(
      "low_lane",
      isLane0.select(Unsigned(0, width: 3), isLane1.select(Unsigned(1, width: 3), Unsigned(2, width: 3))))
    let high = m.registered("high", isLane3.select(keys[3], keys[4]))
    let highLane = m.registered("high_lane", isLane3.select(Unsigned(3, width: 3), Unsigned(4, width: 3)))
    let result = m.registered("result", element)
    let resultLogit = m.registered("result_logit", logit)

    m.comment("Then with the best; the earlier one wins a tie.")
    let best = m.register("best", Unsigned.self, width: c.floatBits)
    let bestGroup = m.register("best_group", Unsigned.self, width: Configuration.indexBits)
    let bestLane = m.register("best_lane", Unsigned.self, width: 3)
    let isFirst = m.wire("is_first", result.index == 0)
    let highIsLarger = m.wire("high_is_larger", high > low)
    let takesLow = m.wire("takes_low", result.valid && (isFirst || low > best) && !highIsLarger)
    let takesHigh = m.wire("takes_high", result.valid && (isFirst || high > best) && highIsLarger)
    m.when(takesLow) {
      best.next(low)
      bestLane.next(lowLane)
    }.elseWhen(takesHigh) {
      best.next(high)
      bestLane.next(highLane)
    }
    m.when(takesLow || takesHigh) { bestGroup.next(result.index) }
    m.output("token_valid", m.registered("token_valid", result.valid && result.last, reset: false))
    let firstToken = m.wire("first_token", bestGroup &* Unsigned(c.rowLanes, width: Configuration.indexBits))
    m.output("token", firstToken &+ bestLane.extended(to: Configuration.indexBits))
    m.output("result_valid", result.valid)
    m.output("result_lanes", result.lanes ?? filled)
    m.output("result_last", result.last)
    m.output("result_logit", resultLogit)
    return (result, resultLogit)
  }

  /// The logits stream: what a step brings, with several lanes below the lanes that have a row.
  private func buildStream(
    _ m: ModuleBuilder, _ element: ElementTag, _ step: Unsigned, enable: Bit, issue: Bit, ready: Bit
  ) {
    let c = configuration
    m.comment("The logits stream.")
    let places = MachineTiming(c).logitPlaces
    let pointerBits = indexWidth(places)
    let fifo = m.memory(
      "fifo", Unsigned.self, width: step.width + 1, depth: places, readLatency: 0, style: .distributed)
    let writePointer = m.register("write_pointer", Unsigned.self, width: pointerBits + 1, reset: 0)
    let readPointer = m.register("read_pointer", Unsigned.self, width: pointerBits + 1, reset: 0)
    let reserved = m.register("reserved", Unsigned.self, width: pointerBits + 1, reset: 0)
    let push = m.wire("push", element.valid && enable)
    m.when(push) {
      fifo.write(writePointer.truncated(to: pointerBits), concatenate(element.last, step))
      writePointer.next(writePointer &+ 1)
    }
    let available = m.wire("available", readPointer != writePointer)
    let pop = m.wire("pop", available && ready)
    m.when(pop) { readPointer.next(readPointer &+ 1) }
    let takes = m.wire("takes", issue && enable)
    m.when(takes && !pop) {
      reserved.next(reserved &+ 1)
    }.elseWhen(!takes && pop) {
      reserved.next(reserved &- 1)
    }
    let head = m.wire("head", fifo.read(readPointer.truncated(to: pointerBits)))
    m.output("space", !enable || reserved < Unsigned(places, width: pointerBits + 1))
    m.output("logits_tvalid", available)
    if c.rowLanes == 1 {
      m.output("logits_tdata", head.slice(at: 0, width: c.floatBits) << (32 - c.floatBits))
    } else {
      let data = m.outputVector("logits_tdata", Unsigned.self, width: 32, count: c.rowLanes)
      let keep = m.outputVector("logits_tkeep", Unsigned.self, width: 4, count: c.rowLanes)
      m.generate("port", count: c.rowLanes) { k in
        data[k].drive(head.slice(at: k * c.floatBits, width: c.floatBits) << (32 - c.floatBits))
        keep[k].drive(head[k + c.stepBits].replicated(4))
      }
    }
    m.output("logits_tlast", head[step.width])
  }
}
