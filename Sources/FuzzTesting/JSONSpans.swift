/// Where the values, keys and members of a JSON text lie.
///
/// Found by punctuation alone, so that a text that is spoilt already can be spoilt further.
package struct JSONSpans {
  /// Numbers, words and strings that are no keys, arrays and objects.
  package private(set) var values: [Range<Int>] = []
  package private(set) var keys: [Range<Int>] = []
  /// A key with its value.
  package private(set) var members: [Range<Int>] = []

  private struct Frame {
    let start: Int
    let isObject: Bool
    var key: Range<Int>?
  }

  package init(_ bytes: [UInt8]) {
    var open: [Frame] = []
    var index = 0
    while index < bytes.count {
      let start = index
      switch bytes[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        open.append(Frame(start: start, isObject: bytes[index] == UInt8(ascii: "{")))
        index += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        index += 1
        if let frame = open.popLast() { end(frame.start..<index, isString: false, &open) }
      case UInt8(ascii: "\""):
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
        end(start..<index, isString: true, &open)
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
        index += 1
      default:
        while index < bytes.count, !",:{}[]\" \n\r\t".utf8.contains(bytes[index]) { index += 1 }
        end(start..<index, isString: false, &open)
      }
    }
  }

  /// Notes what has just ended, inside the frames that are open.
  private mutating func end(_ range: Range<Int>, isString: Bool, _ open: inout [Frame]) {
    guard let frame = open.last, frame.isObject else {
      values.append(range)
      return
    }
    if let key = frame.key {
      values.append(range)
      members.append(key.lowerBound..<range.upperBound)
      open[open.count - 1].key = nil
    } else if isString {
      keys.append(range)
      open[open.count - 1].key = range
    }
  }
}
