/// A JSON value whose strings are UTF-8 bytes.
///
/// Tokenizer vocabularies hold strings that differ in bytes but are canonically equivalent (the Ohm sign and the
/// Greek letter). A `String` key compares those as equal, so they must not become dictionary keys on the way in.
enum JSONText {
  case null
  case bool(Bool)
  case number(Double)
  case string([UInt8])
  case array([JSONText])
  case object([(key: [UInt8], value: JSONText)])

  /// Why the text is not JSON, and at which byte.
  struct Failure: Error, CustomStringConvertible {
    let problem: String
    let offset: Int
    var description: String { "\(problem) at byte \(offset)" }
  }

  /// Nesting beyond this is refused, so that hostile text cannot exhaust the stack.
  static let maximumDepth = 64

  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  /// Reads a whole file.
  init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    do {
      self = try JSONText(file.bytes)
    } catch {
      throw .malformed(path: path, problem: "is not valid JSON (\(error))")
    }
  }

  /// The value of a key of an object (the last one when it is repeated), or nil.
  subscript(key: String) -> JSONText? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key.elementsEqual(key.utf8) }?.value
  }

  var isNull: Bool { if case .null = self { true } else { false } }
  var boolean: Bool? { if case .bool(let value) = self { value } else { nil } }
  var integer: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }
  var double: Double? { if case .number(let value) = self { value } else { nil } }
  var bytes: [UInt8]? { if case .string(let value) = self { value } else { nil } }
  var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
  var elements: [JSONText]? { if case .array(let values) = self { values } else { nil } }
  var members: [(key: [UInt8], value: JSONText)]? { if case .object(let values) = self { values } else { nil } }
}

/// A recursive-descent parser for RFC 8259.
private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  var offset = 0

  private func fail(_ problem: String) -> JSONText.Failure { JSONText.Failure(problem: problem, offset: offset) }

  mutating func document() throws(JSONText.Failure) -> JSONText {
    let result = try value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw fail("text after the end of the value") }
    return result
  }

  private mutating func skipSpace() {
    while offset < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func word(_ text: StaticString, _ result: JSONText) throws(JSONText.Failure) -> JSONText {
    let expected = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes.count - offset >= expected.count,
      bytes[offset..<offset + expected.count].elementsEqual(expected)
    else { throw fail("an unknown word") }
    offset += expected.count
    return result
  }

  private mutating func value(depth: Int) throws(JSONText.Failure) -> JSONText {
    guard depth <= JSONText.maximumDepth else { throw fail("nesting too deep") }
    skipSpace()
    guard offset < bytes.count else { throw fail("an early end") }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    // Python writes these three, though JSON does not have them.
    case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
    case UInt8(ascii: "-") where offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "I"):
      return try word("-Infinity", .number(-.infinity))
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(JSONText.Failure) -> JSONText {
    offset += 1
    var members: [(key: [UInt8], value: JSONText)] = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw fail("no colon after a key") }
      members.append((key, try value(depth: depth + 1)))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw fail("an object that does not end") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONText.Failure) -> JSONText {
    offset += 1
    var values: [JSONText] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    repeat {
      values.append(try value(depth: depth + 1))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw fail("an array that does not end") }
    return .array(values)
  }

  private mutating func number() throws(JSONText.Failure) -> JSONText {
    let start = offset
    while offset < bytes.count, "+-.0123456789eE".utf8.contains(bytes[offset]) { offset += 1 }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      offset = start
      throw fail("something that is not a value")
    }
    return .number(value)
  }

  private mutating func string() throws(JSONText.Failure) -> [UInt8] {
    guard take(UInt8(ascii: "\"")) else { throw fail("no string where one is needed") }
    var result: [UInt8] = []
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return result
      case UInt8(ascii: "\\"): try escape(into: &result)
      case 0..<0x20: throw fail("a control character in a string")
      default: result.append(byte)
      }
    }
    throw fail("a string that does not end")
  }

  private mutating func escape(into result: inout [UInt8]) throws(JSONText.Failure) {
    guard offset < bytes.count else { throw fail("an early end") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(8)
    case UInt8(ascii: "f"): result.append(12)
    case UInt8(ascii: "n"): result.append(10)
    case UInt8(ascii: "r"): result.append(13)
    case UInt8(ascii: "t"): result.append(9)
    case UInt8(ascii: "u"):
      var units = [try hexadecimal()]
      if UTF16.isLeadSurrogate(units[0]), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
        bytes[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        units.append(try hexadecimal())
      }
      result += String(decoding: units, as: UTF16.self).utf8
    default: throw fail("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(JSONText.Failure) -> UInt16 {
    guard bytes.count - offset >= 4,
      let value = UInt16(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
    else { throw fail("an escape without four hexadecimal digits") }
    offset += 4
    return value
  }
}
