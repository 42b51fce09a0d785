import SetunMachine
import TernaryArithmetic

/// Spoils memory images: their header, their instructions, their data; mostly with checks that are right again, so that
/// a loader looks further.
enum ImageMutator {
  static func mutate(_ bytes: inout [UInt8], _ random: inout FuzzRandom) -> String {
    guard bytes.count >= ImageHeader.byteCount else { return ByteMutator.mutate(&bytes, &random) }
    let step: String
    switch random.below(8) {
    case 0, 1, 2:
      let index = random.below(16)
      let old = word(index, of: bytes)
      let value =
        switch random.below(4) {
        case 0: UInt32(truncatingIfNeeded: ByteMutator.word(&random))
        case 1: old &+ UInt32(random.below(9)) &- 4
        case 2: word(random.below(16), of: bytes)
        default: old &+ UInt32(truncatingIfNeeded: random.element([16, 64, 4096, -16, -64, -4096]))
        }
      setWord(index, value, of: &bytes)
      step = "header word \(index): \(value) for \(old)"
    case 3, 4, 5: step = instruction(&bytes, &random)
    case 6:
      let start = Int(word(4, of: bytes))
      guard start < bytes.count else { return ByteMutator.mutate(&bytes, &random) }
      let place = start + random.below(bytes.count - start)
      bytes[place] = random.oneIn(2) ? random.byte() : 243
      step = "a data byte at \(place)"
    default: step = ByteMutator.mutate(&bytes, &random)
    }
    if !random.oneIn(8) { seal(&bytes) }
    return step
  }

  /// One field or bit of an instruction in the body.
  private static func instruction(_ bytes: inout [UInt8], _ random: inout FuzzRandom) -> String {
    let places = instructions(in: bytes)
    guard !places.isEmpty else { return ByteMutator.mutate(&bytes, &random) }
    let place = random.element(places)
    var word = InstructionWord(
      low: TensorFileMutator.littleEndian(bytes[place..<place + 8]),
      high: TensorFileMutator.littleEndian(bytes[place + 8..<place + 16]))
    let step: String
    if let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: word.low)), !random.oneIn(4),
      let field = InstructionSet[opcode].fields.isEmpty ? nil : random.element(InstructionSet[opcode].fields)
    {
      let old = word[field.lsb, field.width]
      let value =
        random.oneIn(2)
        ? old &+ UInt32(random.below(5)) &- 2 : UInt32(truncatingIfNeeded: ByteMutator.word(&random))
      word[field.lsb, field.width] = value
      step = "\(InstructionSet[opcode].mnemonic) \(field.name) \(value) for \(old) at \(place)"
    } else if random.oneIn(2) {
      word = InstructionWord(low: word.low & ~0xFF | UInt64(random.below(10)), high: word.high)
      step = "another operation code at \(place)"
    } else {
      word = InstructionWord(low: word.low ^ 1 << UInt64(random.below(64)), high: word.high)
      step = "a bit of the instruction at \(place)"
    }
    bytes.replaceSubrange(place..<place + 8, with: TensorFileMutator.littleEndian(word.low))
    bytes.replaceSubrange(place + 8..<place + 16, with: TensorFileMutator.littleEndian(word.high))
    return step
  }

  /// Where the instructions of the body lie, as far as they can be followed.
  private static func instructions(in bytes: [UInt8]) -> [Int] {
    let machine = Configuration.tiny
    var places: [Int] = []
    var place = Int(word(4, of: bytes))
    while place + 16 <= bytes.count, places.count < 1000 {
      places.append(place)
      let low = TensorFileMutator.littleEndian(bytes[place..<place + 8])
      let high = TensorFileMutator.littleEndian(bytes[place + 8..<place + 16])
      guard let instruction = Instruction(InstructionWord(low: low, high: high)) else { break }
      place += (1 + instruction.operandBeats(machine, firstChannel: 0).beats[0]) * machine.beatBytes
    }
    return places
  }

  /// Makes the regions' and the header's checks right, where the header's numbers allow it.
  private static func seal(_ bytes: inout [UInt8]) {
    guard bytes.count >= ImageHeader.byteCount else { return }
    let beatBytes = Configuration.tiny.beatBytes
    let regions = [
      (check: 12, start: Int(word(4, of: bytes)), count: Int(word(6, of: bytes)) * beatBytes),
      (
        check: 13, start: Int(word(7, of: bytes)),
        count: Int(word(10, of: bytes)).multipliedClamping(by: Int(word(8, of: bytes))).multipliedClamping(
          by: beatBytes)
      ),
    ]
    for region in regions where region.start >= ImageHeader.byteCount && region.start + region.count <= bytes.count {
      setWord(region.check, CRC32.checksum(bytes[region.start..<region.start + region.count]), of: &bytes)
    }
    setWord(15, ImageHeader.headerCRC(of: (0..<15).map { word($0, of: bytes) }), of: &bytes)
  }

  private static func word(_ index: Int, of bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: TensorFileMutator.littleEndian(bytes[4 * index..<4 * index + 4]))
  }

  private static func setWord(_ index: Int, _ value: UInt32, of bytes: inout [UInt8]) {
    for byte in 0..<4 { bytes[4 * index + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }
}

extension Int {
  fileprivate func multipliedClamping(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    // Half, so that something can still be added.
    return overflow ? .max / 2 : Swift.min(product, .max / 2)
  }
}
