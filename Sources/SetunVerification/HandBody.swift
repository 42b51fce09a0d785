import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// A token's body as instructions with their operands, to be rearranged at will.
struct HandBody {
  struct Item {
    var word: InstructionWord
    /// Whole beats, in the order of the vector's words, or of the row groups with the matrices taking turns.
    var operand: [UInt8]

    var opcode: Opcode? { Opcode(rawValue: UInt8(truncatingIfNeeded: word.low)) }

    /// A field by its name in the table, of an instruction whose operation code has it.
    subscript(name: String) -> UInt32 {
      get { field(name).map { word[$0.lsb, $0.width] } ?? 0 }
      set { if let field = field(name) { word[field.lsb, field.width] = newValue } }
    }

    private func field(_ name: String) -> InstructionField? {
      opcode.flatMap { InstructionSet[$0].fields.first { $0.name == name } }
    }

    /// Where the operand's beats lie: the first bytes of each channel's, in order; row groups where their placement says,
    /// everything else a beat on each channel in turn.
    fileprivate func places(_ configuration: Configuration, _ firstChannel: inout Int) -> (bytes: Int, starts: [[Int]])
    {
      var starts = Array(repeating: [Int](), count: configuration.channels)
      let (matrices, beats) = (Int(self["matrices"]), Int(self["beats"]))
      let groups = (Int(self["rows"]) + TernaryCode.rows - 1) / TernaryCode.rows
      let groupBytes = beats * configuration.beatBytes
      guard opcode == .matvec, groups * matrices * groupBytes == operand.count, groupBytes > 0 else {
        for (number, start) in stride(from: 0, to: operand.count, by: configuration.beatBytes).enumerated() {
          starts[number % configuration.channels].append(start)
        }
        return (configuration.beatBytes, starts)
      }
      let placement = GroupPlacement(
        channels: configuration.channels, first: firstChannel, groups: groups, matrices: matrices)
      firstChannel = placement.next
      for channel in starts.indices { starts[channel] = Array(repeating: 0, count: placement.groups(on: channel)) }
      for number in 0..<groups * matrices {
        let place = placement.place(group: number / matrices, matrix: number % matrices)
        starts[place.channel][place.index] = number * groupBytes
      }
      return (groupBytes, starts)
    }
  }

  var items: [Item]
  /// The first item that only positions with the head run.
  var headStart: Int
  /// Where the body without the head is said to end, when that is not `headStart`: so many beats behind an item's first.
  var plainEnd: (item: Int, beats: Int)?
  /// Added to the stated beats of the body, without and with the head.
  var plainBeatsOff = 0
  var beatsOff = 0

  /// The body that the compiler wrote.
  init(_ fixture: BenchFixture) {
    let configuration = fixture.configuration
    let program = fixture.compiled.program
    let channelBytes = fixture.image.count / configuration.channels
    items = program.entries.map { entry in
      var item = Item(
        word: entry.instruction.word,
        operand: Array(repeating: 0, count: entry.operandBeats * configuration.beatBytes))
      var firstChannel = entry.firstChannel
      let (count, starts) = item.places(configuration, &firstChannel)
      for (channel, starts) in starts.enumerated() {
        let first =
          channel * channelBytes + fixture.compiled.headers[channel].bodyOffset
          + (entry.beats[channel] + 1) * configuration.beatBytes
        for (index, start) in starts.enumerated() {
          let source = first + index * count
          item.operand.replaceSubrange(start..<start + count, with: fixture.image[source..<source + count])
        }
      }
      return item
    }
    let plain = program.bodies[0].beats
    headStart = program.entries.firstIndex { $0.beat >= plain } ?? program.entries.count
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

  mutating func remove(_ index: Int) {
    items.remove(at: index)
    if index < headStart { headStart -= 1 }
  }

  mutating func insert(_ item: Item, at index: Int) {
    items.insert(item, at: index)
    if index <= headStart { headStart += 1 }
  }
}

// MARK: In memory

extension HandBody {
  /// The body as it lies in each channel's part of the image.
  func bytes(_ configuration: Configuration) -> [[UInt8]] {
    var result = Array(repeating: [UInt8](), count: configuration.channels)
    var firstChannel = 0
    for item in items {
      var beat = [UInt8](repeating: 0, count: configuration.beatBytes)
      for byte in 0..<8 {
        beat[byte] = UInt8(truncatingIfNeeded: item.word.low >> UInt64(8 * byte))
        beat[8 + byte] = UInt8(truncatingIfNeeded: item.word.high >> UInt64(8 * byte))
      }
      let (count, starts) = item.places(configuration, &firstChannel)
      for channel in result.indices {
        result[channel] += beat
        for start in starts[channel] { result[channel] += item.operand[start..<start + count] }
      }
    }
    return result
  }

  /// Beats of the first `end` items on each channel.
  func beats(upTo end: Int, _ configuration: Configuration) -> [Int] {
    var result = Array(repeating: 0, count: configuration.channels)
    var firstChannel = 0
    for item in items.prefix(end) {
      let (count, starts) = item.places(configuration, &firstChannel)
      for channel in result.indices { result[channel] += 1 + starts[channel].count * count / configuration.beatBytes }
    }
    return result
  }

  /// Beats of the whole body on the channel that has most.
  func longest(_ configuration: Configuration) -> Int { beats(upTo: items.count, configuration).max() ?? 0 }

  /// Beats of the whole body on all channels together.
  func total(_ configuration: Configuration) -> Int { beats(upTo: items.count, configuration).reduce(0, +) }

  /// The stated beats of each channel's body without the head.
  func plainBeats(_ configuration: Configuration) -> [Int] {
    beats(upTo: plainEnd?.item ?? headStart, configuration).map { $0 + (plainEnd?.beats ?? 0) + plainBeatsOff }
  }
}
