/// What a memory holds before anything is written: a word for each address from 0, the rest undefined.
///
/// Emitted as a file of hexadecimal words beside the module, which `$readmemh` reads in simulators, and in synthesis tools where
/// the device's memories can start with contents.
public struct MemoryContents: Hashable, Sendable, CustomDebugStringConvertible {
  public let words: [BitPattern]

  public init(words: [BitPattern]) { self.words = words }

  /// The file: a line of digits for each word.
  var hexadecimal: String {
    var text = ""
    for word in words { text += word.hexadecimal + "\n" }
    return text
  }

  /// Short, since modules are told apart by their description.
  public var debugDescription: String {
    // 64-bit FNV-1a.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for word in words {
      for part in word.words { hash = (hash ^ part) &* 0x0000_0100_0000_01B3 }
    }
    return "\(words.count) words, fingerprint \(String(hash, radix: 16))"
  }
}
