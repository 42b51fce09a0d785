import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// A copy of an image that can be spoilt: its header by words, its body by instructions.
struct ImageEdit {
  private(set) var bytes: [UInt8]
  let configuration: Configuration
  let header: ImageHeader

  init(_ fixture: BenchFixture) {
    bytes = fixture.image
    configuration = fixture.configuration
    header = fixture.compiled.header
  }

  subscript(offset: Int) -> UInt8 {
    get { bytes[offset] }
    set { bytes[offset] = newValue }
  }

  /// Word `index` of the header, 0 to 15.
  func headerWord(_ index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
  }

  mutating func setHeaderWord(_ index: Int, _ value: UInt32) {
    for byte in 0..<4 { bytes[4 * index + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }

  /// Makes the header's CRC right again.
  mutating func seal() { setHeaderWord(15, ImageHeader.headerCRC(of: (0..<15).map(headerWord))) }

  /// Beats that a body may have without reaching the embeddings.
  var bodyCapacity: Int { (header.embeddingOffset - header.bodyOffset) / configuration.beatBytes }

  /// Replaces the body and states its place and sizes; what lies behind it stays.
  ///
  /// - Parameter beats: how much later it begins than the compiler's.
  mutating func setBody(_ body: HandBody, later beats: Int = 0) {
    var place = header.bodyOffset + beats * configuration.beatBytes
    setHeaderWord(4, UInt32(place))
    for item in body.items {
      for byte in item.bytes(configuration) {
        guard place < bytes.count else { break }
        bytes[place] = byte
        place += 1
      }
    }
    setHeaderWord(5, UInt32(clamping: body.beats(upTo: body.headStart, configuration) + body.plainBeatsOff))
    setHeaderWord(6, UInt32(clamping: body.beats(upTo: body.items.count, configuration) + body.beatsOff))
    seal()
  }
}

/// A token's body as instructions with their operands, to be rearranged at will.
struct HandBody {
  struct Item {
    var word: InstructionWord
    /// Whole beats.
    var operand: [UInt8]

    func bytes(_ configuration: Configuration) -> [UInt8] {
      var beat = [UInt8](repeating: 0, count: configuration.beatBytes)
      for byte in 0..<8 {
        beat[byte] = UInt8(truncatingIfNeeded: word.low >> UInt64(8 * byte))
        beat[8 + byte] = UInt8(truncatingIfNeeded: word.high >> UInt64(8 * byte))
      }
      return beat + operand
    }

    var opcode: Opcode? { Opcode(rawValue: UInt8(truncatingIfNeeded: word.low)) }

    /// A field by its name in the table, of an instruction whose operation code has it.
    subscript(name: String) -> UInt32 {
      get { field(name).map { word[$0.lsb, $0.width] } ?? 0 }
      set { if let field = field(name) { word[field.lsb, field.width] = newValue } }
    }

    private func field(_ name: String) -> InstructionField? {
      opcode.flatMap { InstructionSet[$0].fields.first { $0.name == name } }
    }
  }

  var items: [Item]
  /// The first item that only positions with the head run.
  var headStart: Int
  /// Added to the stated beats of the body, without and with the head.
  var plainBeatsOff = 0
  var beatsOff = 0

  /// The body that the compiler wrote.
  init(_ fixture: BenchFixture) {
    let configuration = fixture.configuration
    let program = fixture.compiled.program
    let start = fixture.compiled.header.bodyOffset
    items = program.entries.map { entry in
      let first = start + (entry.beat + 1) * configuration.beatBytes
      let count = entry.operandBeats * configuration.beatBytes
      return Item(word: entry.instruction.word, operand: Array(fixture.image[first..<first + count]))
    }
    headStart = program.entries.firstIndex { $0.beat >= program.bodyBeats } ?? program.entries.count
  }

  /// The index of the `number`-th item with an operation code, or of the last one; the body must have one.
  func index(_ opcode: Opcode, _ number: Int = 0) -> Int {
    let all = items.indices.filter { items[$0].opcode == opcode }
    return all[min(number, all.count - 1)]
  }

  /// Gives the first unit with an operation code, and the MATVEC that feeds it, another number of rows: weights that
  /// are too many go, missing ones are zeros. No rows leave one row group.
  mutating func setRows(_ rows: Int, of unit: Opcode, _ configuration: Configuration) {
    let index = index(unit)
    guard let matvec = items[index...].firstIndex(where: { $0.opcode == .matvec }) else { return }
    items[index]["count"] = UInt32(rows)
    items[matvec]["rows"] = UInt32(rows)
    let groups = max(1, (rows + TernaryCode.rows - 1) / TernaryCode.rows) * Int(items[matvec]["matrices"])
    let bytes = groups * Int(items[matvec]["beats"]) * configuration.beatBytes
    // The code of five zeros.
    let zeros = repeatElement(UInt8(121), count: max(0, bytes - items[matvec].operand.count))
    items[matvec].operand = Array(items[matvec].operand.prefix(bytes)) + zeros
  }

  func beats(upTo end: Int, _ configuration: Configuration) -> Int {
    items.prefix(end).reduce(0) { $0 + 1 + $1.operand.count / configuration.beatBytes }
  }

  mutating func remove(_ index: Int) {
    items.remove(at: index)
    if index < headStart { headStart -= 1 }
  }

  mutating func insert(_ item: Item, at index: Int) {
    items.insert(item, at: index)
    if index <= headStart { headStart += 1 }
  }
}
