/// The rules that every stream keeps, by number. Tests and proofs name the rule that was broken.
public enum StreamRule: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// When a word passes.
  case transfer = 1
  /// What is offered stays.
  case stability = 2
  /// The sender does not wait for the receiver.
  case independence = 3
  /// Nothing is offered during reset.
  case reset = 4

  /// The rule in one sentence.
  public var text: String {
    switch self {
    case .transfer: "A word passes in each cycle in which `valid` and `ready` are both 1, and in no other."
    case .stability: "Once `valid` is 1, it stays 1 and the payload stays the same until the word has passed."
    case .independence: "`valid` and the payload do not depend on `ready` in the same cycle."
    case .reset: "During reset `valid` is 0."
    }
  }

  public var description: String { "stream rule \(rawValue): \(text)" }
}

/// A payload with `valid` and `ready`.
///
/// Every stream keeps four rules, ``StreamRule``:
/// 1. A word passes in each cycle in which `valid` and `ready` are both 1, and in no other.
/// 2. Once `valid` is 1, it stays 1 and the payload stays the same until the word has passed.
/// 3. `valid` and the payload do not depend on `ready` in the same cycle.
/// 4. During reset `valid` is 0.
///
/// A module relies on the rules at its inputs and keeps them at its outputs.
///
/// A stream is a bundle: `m.input("in", Stream<Unsigned>(width: 8))` has the ports `in_valid_i`, `in_ready_o` and `in_data_i`.
/// With a bundle as payload, `m.input("in", Stream(RowTag(indexBits: 8)))` has a port for each field, as `in_data_index_i`.
public struct Stream<Payload: StreamPayload>: HardwareBundle {
  public var valid: Bit
  public var ready: Bit
  public var payload: Payload

  public init(valid: Bit, ready: Bit, payload: Payload) {
    self.valid = valid
    self.ready = ready
    self.payload = payload
  }

  /// The shape of a stream with a payload of the shape of `payload`.
  public init(_ payload: Payload) {
    self.init(valid: .field(), ready: .field(), payload: payload.payloadShape)
  }

  public mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field.flipped("ready", &ready)
    payload.visit("data", field)
  }

  /// 1 in the cycles in which a word passes.
  public var transfers: Bit { valid && ready }
}

extension Stream where Payload: HardwareNumber {
  /// The shape of a stream with a payload of `width` bits.
  public init(width: Int) { self.init(valid: .field(), ready: .field(), payload: .field(width: width)) }
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
