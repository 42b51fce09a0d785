/// A payload with `valid` and `ready`.
///
/// Every stream keeps four rules:
/// 1. A word passes in each cycle in which `valid` and `ready` are both 1, and in no other.
/// 2. Once `valid` is 1, it stays 1 and the payload stays the same until the word has passed.
/// 3. `valid` does not depend on `ready` in the same cycle.
/// 4. During reset `valid` is 0.
///
/// A stream is a bundle: `m.input("in", Stream<Unsigned>(width: 8))` has the ports `in_valid_i`, `in_ready_o` and `in_data_i`.
public struct Stream<Payload: HardwareNumber>: HardwareBundle {
  public var valid: Bit
  public var ready: Bit
  public var payload: Payload

  public init(valid: Bit, ready: Bit, payload: Payload) {
    self.valid = valid
    self.ready = ready
    self.payload = payload
  }

  /// The shape of a stream with a payload of `width` bits.
  public init(width: Int) { self.init(valid: .field(), ready: .field(), payload: .field(width: width)) }

  public mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field.flipped("ready", &ready)
    field("data", &payload)
  }

  /// 1 in the cycles in which a word passes.
  public var transfers: Bit { valid && ready }
}

extension ModuleBuilder {
  /// Ports `name_valid`, `name_ready` and `name_data` of a stream that enters; drive `ready`.
  public func inputStream<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Stream<T> {
    input(name, Stream(width: width), file: file, line: line, column: column)
  }

  /// Ports `name_valid`, `name_ready` and `name_data` of a stream that leaves; drive `valid` and `payload`.
  public func outputStream<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Stream<T> {
    output(name, Stream(width: width), file: file, line: line, column: column)
  }
}

extension InstanceHandle {
  /// Connects the ports of an input stream to `stream` and drives its `ready`.
  public func connectStream<T: HardwareNumber>(
    _ name: String, from stream: Stream<T>, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    connect(name, stream, file: file, line: line, column: column)
  }

  /// Connects the ports of an output stream to `stream`, whose `valid` and payload it drives.
  public func connectStream<T: HardwareNumber>(
    _ name: String, to stream: Stream<T>, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    connect(name, stream, file: file, line: line, column: column)
  }
}

/// Cuts a stream in both directions: no path leads through from `in` to `out`, not even from ready to ready. One word of
/// latency 1, a word each cycle, room for two.
///
/// Guarantees: words leave in order, none is lost or doubled, the four stream rules hold at `out`, and `in_ready` comes
/// from a register.
public struct SkidBuffer: HardwareModule {
  /// Bits of the payload.
  public var width: Int

  public init(width: Int) { self.width = width }

  public var moduleName: String { "skid_buffer_\(width)" }
  public var documentation: String {
    """
    Register cut of a stream in both directions, one word a cycle, latency 1.
    The second word catches what arrives in the cycle in which the way out closes.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let valid = m.register("out_valid", Bit.self, reset: false)
    let data = m.register("out_data", Unsigned.self, width: width)
    let caught = m.register("caught", Bit.self, reset: false)
    let caughtData = m.register("caught_data", Unsigned.self, width: width)

    let moves = m.wire("moves", sink.ready || !valid)
    m.when(moves) {
      valid.next(caught || source.valid)
      caught.next(false)
    }.elseWhen(source.valid && !caught) {
      m.comment("The way out is closed: catch the word that was promised a place.")
      caught.next(true)
    }
    m.when(moves) { data.next(caught.select(caughtData, source.payload)) }
    m.when(!caught) { caughtData.next(source.payload) }

    source.ready.drive(!caught)
    sink.valid.drive(valid)
    sink.payload.drive(data)
  }
}

/// A synchronous FIFO for streams, in distributed memory: `depth` words, latency 1, a word each cycle.
///
/// Guarantees: words leave in order, none is lost or doubled, the four stream rules hold at `out`, and `in_ready` does not
/// depend on `out_ready` in the same cycle, so that a full queue takes the next word one cycle after one has left.
public struct StreamQueue: HardwareModule {
  /// Bits of the payload.
  public var width: Int
  /// Words, a power of two, at least 2.
  public var depth: Int

  public init(width: Int, depth: Int) {
    self.width = width
    self.depth = depth
  }

  public var moduleName: String { "stream_queue_\(width)x\(depth)" }
  public var documentation: String { "FIFO of \(depth) words with a stream at each end, one word a cycle, latency 1." }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let bits = indexWidth(depth)
    if depth < 2 || depth != 1 << bits {
      m.report(
        .invalidExpression, "a depth of \(depth) words", suggestion: "use a power of two, at least 2", name: "words",
        SourceLocation(#fileID, #line, #column))
      return
    }
    let words = m.memory(
      "words", Unsigned.self, width: width, depth: depth, readLatency: 0, style: .distributed)
    m.comment("One bit more than an address: equal pointers mean empty, pointers that differ in it alone mean full.")
    let head = m.register("head", Unsigned.self, width: bits + 1, reset: 0)
    let tail = m.register("tail", Unsigned.self, width: bits + 1, reset: 0)

    source.ready.drive(tail != head ^ Unsigned(depth, width: bits + 1))
    sink.valid.drive(tail != head)
    sink.payload.drive(words.read(head.truncated(to: bits)))
    m.when(source.transfers) {
      words.write(tail.truncated(to: bits), source.payload)
      tail.next(tail &+ 1)
    }
    m.when(sink.transfers) { head.next(head &+ 1) }
  }
}
