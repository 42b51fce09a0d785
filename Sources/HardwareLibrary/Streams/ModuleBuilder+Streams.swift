import HardwareDescription

/// Which ways of a stream a cut registers.
public enum StreamCut: String, CaseIterable, Hashable, Sendable {
  /// Both: ``SkidBuffer``.
  case full
  /// `valid` and the payload: ``ForwardCut``.
  case forward
  /// `ready`: ``BackwardCut``.
  case backward
  /// Both, with a word every second cycle: ``HalfRateCut``.
  case halfRate

  /// The module that makes the cut.
  public func module(width: Int) -> any HardwareModule {
    switch self {
    case .full: SkidBuffer(width: width)
    case .forward: ForwardCut(width: width)
    case .backward: BackwardCut(width: width)
    case .halfRate: HalfRateCut(width: width)
    }
  }
}

/// Two payloads side by side, from `join`.
public struct PayloadPair<First: StreamPayload, Second: StreamPayload>: HardwareBundle {
  public var first: First
  public var second: Second

  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  public mutating func forEachField(_ field: FieldVisitor) {
    first.visit("first", field)
    second.visit("second", field)
  }
}

// Each combinator takes a stream that nobody else receives, makes an instance `u_name`, and returns the stream behind it.
// Payloads cross the instance packed.
extension ModuleBuilder {
  /// `stream` behind a register cut.
  public func cut<Payload: StreamPayload>(
    _ name: String, _ stream: Stream<Payload>, _ kind: StreamCut, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Stream<Payload> {
    through(kind.module(width: stream.payload.payloadWidth), name, stream, file, line, column)
  }

  /// `stream` behind a FIFO of `depth` words: ``DistributedFIFO`` or ``BlockFIFO``.
  public func queue<Payload: StreamPayload>(
    _ name: String, _ stream: Stream<Payload>, depth: Int, in style: Memory.Style = .distributed,
    file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Stream<Payload> {
    let width = stream.payload.payloadWidth
    switch style {
    case .distributed: return through(DistributedFIFO(width: width, depth: depth), name, stream, file, line, column)
    case .block:
      let queue = instance("u_\(name)", BlockFIFO(width: width, depth: depth), file: file, line: line, column: column)
      unused(
        queue.output("count", Unsigned.self, file: file, line: line, column: column), file: file, line: line,
        column: column)
      return connect(queue, stream, file, line, column)
    }
  }

  /// `stream` as words of `width` bits, the lowest bits first: ``WidthConverter``.
  public func converted(
    _ name: String, _ stream: Stream<Unsigned>, to width: Int, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Stream<Unsigned> {
    let converter = WidthConverter(from: stream.payload.width, to: width)
    let instance = instance("u_\(name)", converter, file: file, line: line, column: column)
    receive(instance, "in", stream, file, line, column)
    return instance.output("out", Stream<Unsigned>(width: width), file: file, line: line, column: column)
  }

  /// `count` streams with every word of `stream` each: ``StreamFork``.
  public func fork<Payload: StreamPayload>(
    _ name: String, _ stream: Stream<Payload>, into count: Int, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> [Stream<Payload>] {
    let width = stream.payload.payloadWidth
    let fork = instance("u_\(name)", StreamFork(width: width, outputs: count), file: file, line: line, column: column)
    receive(fork, "in", stream, file, line, column)
    return (0..<count).map { send(fork, "out_\($0)", like: stream.payload, file, line, column) }
  }

  /// A stream of pairs, a word of each stream: ``StreamJoin``.
  public func join<First: StreamPayload, Second: StreamPayload>(
    _ name: String, _ first: Stream<First>, _ second: Stream<Second>, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Stream<PayloadPair<First, Second>> {
    let module = StreamJoin(widths: [first.payload.payloadWidth, second.payload.payloadWidth])
    let join = instance("u_\(name)", module, file: file, line: line, column: column)
    receive(join, "in_0", first, file, line, column)
    receive(join, "in_1", second, file, line, column)
    return send(join, "out", like: PayloadPair(first.payload, second.payload), file, line, column)
  }

  /// The words of all streams, one at a time: ``StreamArbiter``. The streams have payloads of one shape.
  public func arbitrated<Payload: StreamPayload>(
    _ name: String, _ first: Stream<Payload>, _ others: [Stream<Payload>], _ policy: StreamArbiter.Policy = .roundRobin,
    file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Stream<Payload> {
    let width = first.payload.payloadWidth
    let module = StreamArbiter(width: width, inputs: 1 + others.count, policy: policy)
    let arbiter = instance("u_\(name)", module, file: file, line: line, column: column)
    for (number, stream) in ([first] + others).enumerated() {
      receive(arbiter, "in_\(number)", stream, file, line, column)
    }
    return send(arbiter, "out", like: first.payload, file, line, column)
  }

  /// `count` streams, each with the words of `stream` for which `destination` gives its number: ``StreamDemultiplexer``.
  public func distributed<Payload: StreamPayload>(
    _ name: String, _ stream: Stream<Payload>, into count: Int, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column,
    by destination: (Payload) -> Unsigned
  ) -> [Stream<Payload>] {
    let module = StreamDemultiplexer(width: stream.payload.payloadWidth, outputs: count)
    let demultiplexer = instance("u_\(name)", module, file: file, line: line, column: column)
    let number = destination(stream.payload)
    if number.width > module.numberBits {
      report(
        .widthLoss, "a destination of \(number.width) bits for \(count) streams, which need \(module.numberBits)",
        suggestion: "truncate explicitly", name: name, SourceLocation(file, line, column))
    }
    let word = concatenate(number.resized(to: module.numberBits), stream.payload.packed)
    receive(demultiplexer, "in", Stream(valid: stream.valid, ready: stream.ready, payload: word), file, line, column)
    return (0..<count).map { send(demultiplexer, "out_\($0)", like: stream.payload, file, line, column) }
  }

  // MARK: Instances

  private func through<Payload: StreamPayload>(
    _ module: some HardwareModule, _ name: String, _ stream: Stream<Payload>, _ file: StaticString, _ line: Int,
    _ column: Int
  ) -> Stream<Payload> {
    connect(instance("u_\(name)", module, file: file, line: line, column: column), stream, file, line, column)
  }

  private func connect<Payload: StreamPayload>(
    _ instance: InstanceHandle, _ stream: Stream<Payload>, _ file: StaticString, _ line: Int, _ column: Int
  ) -> Stream<Payload> {
    receive(instance, "in", stream, file, line, column)
    return send(instance, "out", like: stream.payload, file, line, column)
  }

  /// Connects an input stream of an instance, the payload packed.
  func receive(
    _ instance: InstanceHandle, _ port: String, _ stream: Stream<some StreamPayload>, _ file: StaticString, _ line: Int,
    _ column: Int
  ) {
    let flat = Stream(valid: stream.valid, ready: stream.ready, payload: stream.payload.packed)
    instance.connectStream(port, from: flat, file: file, line: line, column: column)
  }

  /// An output stream of an instance with the payload unpacked.
  func send<Payload: StreamPayload>(
    _ instance: InstanceHandle, _ port: String, like payload: Payload, _ file: StaticString, _ line: Int, _ column: Int
  ) -> Stream<Payload> {
    let flat = instance.output(
      port, Stream<Unsigned>(width: payload.payloadWidth), file: file, line: line, column: column)
    return Stream(valid: flat.valid, ready: flat.ready, payload: payload.unpacked(from: flat.payload))
  }
}

extension Stream {
  /// The stream with `function` of its payload, in the same cycle; no instance.
  public func map<Result: StreamPayload>(_ function: (Payload) -> Result) -> Stream<Result> {
    Stream<Result>(valid: valid, ready: ready, payload: function(payload))
  }
}
