/// A 128-bit instruction word.
public struct InstructionWord: Hashable, Sendable {
  public var low: UInt64
  public var high: UInt64

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Reads or writes `width` (at most 32) bits from `lsb` on.
  public subscript(lsb: Int, width: Int) -> UInt32 {
    get {
      let shifted =
        lsb >= 64 ? high >> UInt64(lsb - 64) : (lsb == 0 ? low : (low >> UInt64(lsb)) | (high << UInt64(64 - lsb)))
      return UInt32(truncatingIfNeeded: shifted & ((1 << UInt64(width)) - 1))
    }
    set {
      for bit in 0..<width {
        let one = UInt64(newValue >> UInt32(bit) & 1)
        let place = lsb + bit
        if place < 64 {
          low = low & ~(1 << UInt64(place)) | one << UInt64(place)
        } else {
          high = high & ~(1 << UInt64(place - 64)) | one << UInt64(place - 64)
        }
      }
    }
  }
}

extension InstructionWord {
  /// 32 hexadecimal digits, the highest first.
  public var hexadecimal: String {
    [high, low].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Reads 32 hexadecimal digits.
  public init?(hexadecimal text: String) {
    guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit), let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(low: low, high: high)
  }
}

/// A decoded instruction: an operation code and the values of its fields, in table order.
public struct Instruction: Hashable, Sendable {
  public let opcode: Opcode
  /// Values in the order of the table's fields; floats as their upper 24 bits.
  public private(set) var values: [UInt32]

  /// Makes an instruction; fields that are not named are zero.
  public init(_ opcode: Opcode, _ fields: KeyValuePairs<String, UInt32> = [:]) {
    self.opcode = opcode
    self.values = Array(repeating: 0, count: InstructionSet[opcode].fields.count)
    for (name, value) in fields { self[name] = value }
  }

  /// A field's value by its name in the table; zero for a field that the instruction does not have.
  public subscript(name: String) -> UInt32 {
    get {
      guard let index = InstructionSet[opcode].fields.firstIndex(where: { $0.name == name }) else { return 0 }
      return values[index]
    }
    set {
      guard let index = InstructionSet[opcode].fields.firstIndex(where: { $0.name == name }) else { return }
      values[index] = newValue & UInt32((UInt64(1) << UInt64(InstructionSet[opcode].fields[index].width)) - 1)
    }
  }

  /// The instruction as a word; bits that belong to no field are zero.
  public var word: InstructionWord {
    var word = InstructionWord(low: UInt64(opcode.rawValue), high: 0)
    for (field, value) in zip(InstructionSet[opcode].fields, values) { word[field.lsb, field.width] = value }
    return word
  }

  /// Decodes a word; nil when the operation code is unknown or a bit outside the fields is set.
  public init?(_ word: InstructionWord) {
    guard let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: word.low)) else { return nil }
    self.opcode = opcode
    self.values = InstructionSet[opcode].fields.map { word[$0.lsb, $0.width] }
    if self.word != word { return nil }
  }

  /// The destination recorded when the instruction retires: bits 15 to 8 of the word (slot, outputs, matrices and flags).
  public var destination: UInt32 { word[8, 8] }
}

extension Instruction {
  /// What forbids the machine `configuration` to execute this instruction; nil when it is legal.
  ///
  /// The hardware's sequencer checks the same conditions and stops with cause 7.
  public func violation(for configuration: Configuration) -> String? {
    let count = Int(self["count"])
    func within(_ name: String, _ value: Int, _ limit: Int) -> String? {
      (1...limit).contains(value) ? nil : "\(name) is \(value), not 1 to \(limit)"
    }
    switch opcode {
    case .load:
      return within(
        "count", count, self["slot"] == 7 ? configuration.intermediateCapacity : configuration.hiddenCapacity)
    case .embed, .residual:
      return within("count", count, configuration.hiddenCapacity) ?? within("outputs", Int(self["outputs"]), 3)
    case .rmsNorm:
      return within("count", count, configuration.vectorCapacity) ?? within("matrices", Int(self["matrices"]), 3)
        ?? (self["matrices"] > 1 ? within("count", count, configuration.hiddenCapacity) : nil)
    case .mlgru:
      let end = Int(self["state"]) * configuration.rowLanes + count
      return within("count", count, configuration.hiddenCapacity)
        ?? (end > configuration.stateCapacity ? "state ends at \(end), beyond \(configuration.stateCapacity)" : nil)
    case .glu: return within("count", count, configuration.intermediateCapacity)
    case .argmax: return within("count", count, configuration.vocabularyCapacity)
    case .matvec:
      let rows = max(configuration.vectorCapacity, configuration.vocabularyCapacity)
      let words = Int(self["beats"]) * (self["shared"] == 1 ? 1 : Int(self["matrices"]))
      return within("rows", Int(self["rows"]), rows) ?? within("matrices", Int(self["matrices"]), 3)
        ?? within("activation words", words, configuration.activationWords)
        ?? (configuration.channels > 1 && self["beats"] < 2
          ? "beats is \(self["beats"]), and a slot takes 2 at least" : nil)
    }
  }
}
