import HardwareDescription
import SetunMachine

/// Keeps the largest logit and streams all of them.
public struct ArgmaxUnit: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The argmax over the logits and the logits stream. A logit enters each cycle in which element_valid_i is 1; a strictly
    larger one replaces the best, so the first maximum wins. The token leaves one cycle after the last logit. With
    logits enabled every logit also enters a FIFO towards an AXI4-Stream port: binary32, row order, TLAST with a
    position's last one. Backpressure is by credit: issue_i takes a place when the serialiser issues a row, and
    space_o holds the serialiser back while none is free. A stop of the core leaves the FIFO alone, because TVALID
    must not fall before TREADY: what is in it can still be read, and the packet that was cut short then has no
    TLAST.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = m.input("element", ElementTag())
    let logit = m.input("logit", Unsigned.self, width: c.floatBits)
    let enable = m.input("logits_enable", Bit.self)
    let issue = m.input("issue", Bit.self)
    let ready = m.input("logits_tready", Bit.self)

    m.comment("A float's order is that of its bits, once a negative one's are complemented.")
    let sign = m.wire("sign", logit[c.floatBits - 1])
    let key = m.wire(
      "key", concatenate(!sign, sign.select(~logit[c.floatBits - 2, 0], logit[c.floatBits - 2, 0])))
    let best = m.register("best", Unsigned.self, width: c.floatBits)
    let token = m.register("token", Unsigned.self, width: Configuration.indexBits)
    m.when(element.valid && (element.index == 0 || key > best)) {
      best.next(key)
      token.next(element.index)
    }
    m.output("token_valid", m.registered("token_valid", element.valid && element.last, reset: false))
    m.output("token", token)

    m.comment("The logits stream.")
    let places = MachineTiming(c).logitPlaces
    let pointerBits = indexWidth(places)
    let fifo = m.memory(
      "fifo", Unsigned.self, width: c.floatBits + 1, depth: places, readLatency: 0, style: .distributed)
    let writePointer = m.register("write_pointer", Unsigned.self, width: pointerBits + 1, reset: 0)
    let readPointer = m.register("read_pointer", Unsigned.self, width: pointerBits + 1, reset: 0)
    let reserved = m.register("reserved", Unsigned.self, width: pointerBits + 1, reset: 0)
    let push = m.wire("push", element.valid && enable)
    m.when(push) {
      fifo.write(writePointer.truncated(to: pointerBits), concatenate(element.last, logit))
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
    m.output("logits_tdata", head.slice(at: 0, width: c.floatBits) << (32 - c.floatBits))
    m.output("logits_tlast", head[c.floatBits])
  }
}
