import HardwareDescription

/// A synchronous FIFO in distributed memory.
struct BeatFifo: HardwareModule {
  var width: Int
  var depth: Int
  var moduleName: String { "beat_fifo_\(width)x\(depth)" }
  var documentation: String { "First in, first out; the word at the head is visible while `out_valid` is 1." }

  func build(_ m: ModuleBuilder) {
    let inValid = m.input("in_valid", Bit.self)
    let inReady = m.output("in_ready", Bit.self)
    let inData = m.input("in_data", Unsigned.self, width: width)
    let outValid = m.output("out_valid", Bit.self)
    let outReady = m.input("out_ready", Bit.self)
    let outData = m.output("out_data", Unsigned.self, width: width)

    let bits = indexWidth(depth)
    let words = m.memory("words", Unsigned.self, width: width, depth: depth, readLatency: 0, style: .distributed)
    let writePointer = m.register("write_pointer", Unsigned.self, width: bits, reset: 0)
    let readPointer = m.register("read_pointer", Unsigned.self, width: bits, reset: 0)
    let count = m.register("count", Unsigned.self, width: bits + 1, reset: 0)

    let push = m.wire("push", inValid && inReady)
    let pop = m.wire("pop", outValid && outReady)
    inReady.drive(count != Unsigned(depth))
    outValid.drive(count != 0)
    outData.drive(words.read(readPointer))
    m.when(push) {
      words.write(writePointer, inData)
      writePointer.next(writePointer &+ 1)
    }
    m.when(pop) { readPointer.next(readPointer &+ 1) }
    m.when(push && !pop) {
      count.next(count &+ 1)
    }.elseWhen(!push && pop) {
      count.next(count &- 1)
    }
  }
}
