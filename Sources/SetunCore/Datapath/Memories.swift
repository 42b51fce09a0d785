import HardwareDescription
import SetunMachine

extension Configuration {
  /// Bits of a machine float: sign, 8 exponent bits, fraction.
  var floatBits: Int { 9 + fractionBits }
  /// Bits of an element or row index: those of an instruction's count.
  static let indexBits = 16

  /// Parts of the activation memory, each read with a copy of the address: in LUTs every column is a load.
  var activationParts: Int { Self.style(depth: activationWords) == .block ? 1 : (beatBits + 255) / 256 }

  /// Block RAM for deep memories, LUT RAM for shallow ones.
  static func style(depth: Int) -> Memory.Style { depth > 64 ? .block : .distributed }
}

/// Int8 activations, a word of C lanes an address: written by the quantiser, read by the ternary engine.
public struct ActivationMemory: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The quantised activations, C lanes a word. The quantiser writes one word a cycle; the ternary engine reads one word
    a cycle with one cycle of latency. No arbitration and no backpressure: the sequencer lets the first beat of a MATVEC
    in only when the quantiser is ahead of it for good, so that a word is read in a later cycle than it is written in.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let bits = indexWidth(c.activationWords)
    let writeValid = m.input("write_valid", Bit.self)
    let writeAddress = m.input("write_address", Unsigned.self, width: bits)
    let writeData = m.input("write_data", Unsigned.self, width: c.beatBits)
    let parts = c.activationParts
    let readAddress = m.input("read_address", Unsigned.self, width: bits * parts)
    func memory(_ data: Unsigned, _ address: Unsigned) -> Unsigned {
      let words = m.memory(
        "words", Unsigned.self, width: c.beatBits / parts, depth: c.activationWords, readLatency: 1,
        style: Configuration.style(depth: c.activationWords), collision: .undefined)
      words.write(writeAddress, data, enable: writeValid)
      return words.read("read_data", address)
    }
    if parts == 1 {
      m.output("read_data", memory(writeData, readAddress))
      return
    }
    let width = c.beatBits / parts
    let readData = m.output("read_data", Unsigned.self, width: c.beatBits)
    m.generate("part", count: m.constant("Parts", parts)) { k in
      readData.slice(at: k * width, width: width).drive(
        memory(writeData.slice(at: k * width, width: width), readAddress.slice(at: k * bits, width: bits)))
    }
  }
}

/// Machine floats, one element or row group an address: x and the recurrent state h.
public struct ElementMemory: HardwareModule {
  public var configuration: Configuration
  public var name: String
  /// Elements it holds.
  public var capacity: Int

  public var moduleName: String { name }
  public var documentation: String {
    """
    One \(configuration.phrase("machine float", "group")) an address: one write and one read a cycle, the read with two cycles of latency. An element is
    written many cycles after it has been read, never in the same one. Its contents are undefined after power-up; the
    core uses no element that it has not written. No backpressure.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let depth = configuration.steps(of: capacity)
    let elementBits = configuration.stepBits
    let bits = indexWidth(depth)
    let writeValid = m.input("write_valid", Bit.self)
    let writeAddress = m.input("write_address", Unsigned.self, width: bits)
    let writeData = m.input("write_data", Unsigned.self, width: elementBits)
    let readAddress = m.input("read_address", Unsigned.self, width: bits)
    let elements = m.memory(
      "elements", Unsigned.self, width: elementBits, depth: depth, readLatency: 1,
      style: Configuration.style(depth: depth), collision: .undefined)
    elements.write(writeAddress, writeData, enable: writeValid)
    m.comment("A block RAM shows its word late in the cycle.")
    m.output("read_data", m.registered("late_data", elements.read("read_data", readAddress)))
  }
}

/// The input vector of a BitLinear before quantisation: written an element at a time, read C lanes at a time.
public struct ZMemory: HardwareModule {
  public var configuration: Configuration
  /// Elements it holds.
  public var depth: Int
  public var index: Int

  public init(configuration: Configuration, depth: Int, index: Int) {
    self.configuration = configuration
    self.depth = depth
    self.index = index
  }

  public var moduleName: String { "z_memory_\(index)" }
  public var documentation: String {
    """
    A vector z of machine floats in C banks: element e lies in bank e mod C. \(configuration.phrase("One element", "A row group")) is written a cycle, through a
    register that keeps the banks' load off the row units; one word of C elements is read a cycle, with one cycle of
    latency. The quantiser reads a vector long after its last element has been written.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let words = c.words(of: depth)
    let laneBits = indexWidth(c.lanes)
    let wordBits = indexWidth(words)
    let lanes = m.constant("Lanes", c.lanes)
    let writeValid = m.input("write_valid", Bit.self)
    guard c.rowLanes == 1 else { return buildForGroups(m, lanes, writeValid) }
    let writeElement = m.input("write_element", Unsigned.self, width: Configuration.indexBits)
    let writeData = m.input("write_data", Unsigned.self, width: c.floatBits)
    let readWord = m.input("read_word", Unsigned.self, width: Quantiser.wordBits(c) * c.lanes)
    let readData = m.outputVector("read_data", Unsigned.self, width: c.floatBits, count: lanes)
    let writes = m.registered("write_valid", writeValid)
    let writeLane = m.registered("write_lane", writeElement.slice(at: 0, width: laneBits))
    let writeWord = m.registered("write_word", writeElement.slice(at: laneBits, width: wordBits))
    let writtenData = m.registered("write_data", writeData)
    let rest = Configuration.indexBits - laneBits - wordBits
    if rest > 0 { m.unused(writeElement.slice(at: laneBits + wordBits, width: rest)) }
    m.generate("bank", count: lanes) { k in
      let bank = m.memory(
        "bank", Unsigned.self, width: c.floatBits, depth: words, readLatency: 1,
        style: Configuration.style(depth: words),
        collision: .undefined)
      bank.write(writeWord, writtenData, enable: writes && writeLane == Unsigned(k, width: laneBits))
      readData[k].drive(bank.read("bank_data", bankAddress(m, readWord, k)))
    }
  }

  /// The copy of the quantiser's word that bank `k` is read with.
  private func bankAddress(_ m: ModuleBuilder, _ words: Unsigned, _ k: Index) -> Unsigned {
    let given = Quantiser.wordBits(configuration)
    let used = indexWidth(configuration.words(of: depth))
    if given > used { m.unused(words.slice(at: k * given + used, width: given - used)) }
    return words.slice(at: k * given, width: used)
  }

  /// With several lanes: each bank takes at most one of a group's elements, since C is larger than a group.
  private func buildForGroups(_ m: ModuleBuilder, _ lanes: Index, _ writeValid: Bit) {
    let c = configuration
    let words = c.words(of: depth)
    let laneBits = indexWidth(c.lanes)
    let wordBits = indexWidth(words)
    let rows = m.constant("Rows", c.rowLanes)
    let writeLanes = m.input("write_lanes", Unsigned.self, width: c.rowLanes)
    let writeGroup = m.input("write_group", Unsigned.self, width: Configuration.indexBits)
    let writeData = m.inputVector("write_data", Unsigned.self, width: c.floatBits, count: rows)
    let readWord = m.input("read_word", Unsigned.self, width: Quantiser.wordBits(c) * c.lanes)
    let readData = m.outputVector("read_data", Unsigned.self, width: c.floatBits, count: lanes)

    m.comment(
      "The group's first element: its bank and its word. Elements that have passed the last bank lie a word later.")
    let element = m.registered(
      "element", writeGroup &* Unsigned(c.rowLanes, width: Configuration.indexBits))
    let firstLane = m.wire("first_lane", element.slice(at: 0, width: laneBits))
    let word = m.wire("word", element.slice(at: laneBits, width: wordBits))
    let nextWord = m.wire("next_word", word &+ 1)
    let rest = Configuration.indexBits - laneBits - wordBits
    if rest > 0 { m.unused(element.slice(at: laneBits + wordBits, width: rest)) }
    m.comment("Which rows are written; three more, which the bits of a row's number could name, never are.")
    let none = (1 << indexWidth(c.rowLanes)) - c.rowLanes
    let written = m.registered(
      "written", concatenate(Unsigned(0, width: none), writeLanes & writeValid.replicated(c.rowLanes)))
    let data = m.registerVector("data", Unsigned.self, width: c.floatBits, count: rows)
    m.generate("data", count: rows, index: "r") { r in data[r].next(writeData[r]) }
    m.generate("bank", count: lanes) { k in
      let bank = m.memory(
        "bank", Unsigned.self, width: c.floatBits, depth: words, readLatency: 1,
        style: Configuration.style(depth: words),
        collision: .undefined)
      let distance = m.wire("distance", Unsigned(k, width: laneBits) - firstLane)
      let rowBits = indexWidth(c.rowLanes)
      let lowRow = m.wire("low_row", distance.slice(at: 0, width: rowBits))
      let isWritten = m.wire(
        "is_written", distance.slice(at: rowBits, width: laneBits - rowBits) == 0 && written[lowRow])
      let value = (0..<c.rowLanes - 1).reversed().reduce(data[c.rowLanes - 1]) { later, r in
        (lowRow == Unsigned(r, width: rowBits)).select(data[r], later)
      }
      let bankWord = m.wire("bank_word", distance[laneBits].select(nextWord, word))
      bank.write(bankWord, value, enable: isWritten)
      readData[k].drive(bank.read("bank_data", bankAddress(m, readWord, k)))
    }
  }
}

/// One vector of bf16 values: written a beat at a time, read an element at a time.
public struct VectorSlot: HardwareModule {
  public var configuration: Configuration
  /// Elements it holds.
  public var depth: Int

  public var moduleName: String { "vector_slot_\(depth)" }
  public var documentation: String {
    """
    A vector of bf16 values as it arrives in the stream, \(configuration.phrase("W/16", "\(configuration.halvesPerBeat)")) elements a word. One word is written a cycle; one \(configuration.phrase("element", "group"))
    is read a cycle, with three cycles of latency (address, memory, selection). Every bank has an address register of its
    own, since the address of a memory in LUTs loads every column. No word is read in the cycle in which it is written:
    whoever uses the values waits for them.
    """
  }

  /// Words: the beats of a vector of `depth` elements.
  public static func words(_ configuration: Configuration, depth: Int) -> Int { configuration.vectorBeats(of: depth) }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let words = Self.words(c, depth: depth)
    let wordBits = indexWidth(words)
    let placeBits = indexWidth(c.halvesPerBeat)
    let writeValid = m.channelInput("write_valid", c)
    let writeWord = m.input("write_word", Unsigned.self, width: wordBits * c.channels)
    let writeData = m.input("write_data", Unsigned.self, width: c.beatBits * c.channels)
    guard c.rowLanes == 1 else { return buildForGroups(m, writeValid, writeWord, writeData) }
    let element = m.input("element", Unsigned.self, width: placeBits + wordBits)
    let memory = m.memory(
      "words", Unsigned.self, width: c.beatBits, depth: words, readLatency: 1, style: Configuration.style(depth: words),
      collision: .undefined)
    memory.write(writeWord, writeData, enable: writeValid[0])
    let address = m.registeredCopies("address", element.slice(at: placeBits, width: wordBits), count: 1)
    let word = memory.read("word", address)
    let place = m.delayed("place", element.slice(at: 0, width: placeBits), by: 2)
    let bit = m.wire("bit_offset", place << 4)
    m.output("half", m.registered("half", word.slice(at: bit, width: 16)))
  }

  /// With several lanes: a word holds whole groups, and one of them is read.
  private func buildForGroups(
    _ m: ModuleBuilder, _ writeValid: Unsigned, _ writeWord: Unsigned, _ writeData: Unsigned
  ) {
    let c = configuration
    let words = Self.words(c, depth: depth)
    let groupBits = 16 * c.rowLanes
    let usedBits = 16 * c.halvesPerBeat
    let elementWord = m.input("element_word", Unsigned.self, width: indexWidth(words))
    let elementPlace =
      c.groupsPerBeat == 1 ? nil : m.input("element_place", Unsigned.self, width: indexWidth(c.groupsPerBeat))
    let style = Configuration.style(depth: words)
    // A LUT holds two columns of 32 words, but one of more: then half a wide word has an address of its own.
    let halves = style == .distributed && words > 32 && usedBits > 256 ? 2 : 1
    let width = usedBits / halves
    let addresses = m.registeredCopies("address", elementWord, count: c.channels * halves)
    func bank(_ valid: Bit, _ address: Unsigned, _ data: Unsigned, read: Unsigned) -> Unsigned {
      m.unused(data.slice(at: usedBits, width: c.beatBits - usedBits))
      let parts = (0..<halves).map { half in
        let memory = m.memory(
          halves == 1 ? "words" : half == 0 ? "low_words" : "high_words", Unsigned.self, width: width, depth: words,
          readLatency: 1, style: style, collision: .undefined)
        memory.write(address, data.slice(at: half * width, width: width), enable: valid)
        let own = read.slice(at: half * (read.width / halves), width: read.width / halves)
        return memory.read(halves == 1 ? "word" : half == 0 ? "low_word" : "high_word", own)
      }
      return concatenate(parts.reversed())
    }
    let word: Unsigned
    if c.channels == 1 {
      word = bank(writeValid[0], writeWord, writeData, read: addresses)
    } else {
      m.comment("A bank for each channel.")
      let channels = m.constant("Channels", c.channels)
      let wordBits = indexWidth(words)
      let banks = m.vector("bank_word", Unsigned.self, width: usedBits, count: channels)
      m.generate("bank", count: channels) { k in
        let data = m.wire("data", writeData.slice(at: k * c.beatBits, width: c.beatBits))
        banks[k].drive(
          bank(
            writeValid[k], writeWord.slice(at: k * wordBits, width: wordBits), data,
            read: addresses.slice(at: k * (wordBits * halves), width: wordBits * halves)))
      }
      m.comment("The word is chosen part by part, with a copy of the channel for each.")
      let partBits = usedBits % 32 == 0 ? 32 : 16
      let channelBits = indexWidth(c.channels)
      let early = m.registered("early_channel", m.input("element_channel", Unsigned.self, width: channelBits))
      let chosen = m.registeredCopies("channel", early, count: usedBits / partBits)
      word = m.wire("word", Unsigned.self, width: usedBits)
      m.generate("part", count: m.constant("Parts", usedBits / partBits), index: "p") { p in
        let parts = m.vector("bank_part", Unsigned.self, width: partBits, count: channels)
        m.generate("bank_part", count: channels) { k in
          parts[k].drive(banks[k].slice(at: p * partBits, width: partBits))
        }
        let channel = m.wire("own_channel", chosen.slice(at: p * channelBits, width: channelBits))
        word.slice(at: p * partBits, width: partBits).drive(parts[channel])
      }
    }
    guard let elementPlace else {
      m.output("halves", m.registered("halves", word))
      return
    }
    let groups = m.vector("group", Unsigned.self, width: groupBits, count: c.groupsPerBeat)
    m.generate("group", count: c.groupsPerBeat) { k in
      groups[k].drive(word.slice(at: k * groupBits, width: groupBits))
    }
    let place = m.delayed("place", elementPlace, by: 2)
    m.output("halves", m.registered("halves", groups[place]))
  }
}

/// The eight vector slots.
public struct VectorSlots: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The norm weights and lower bounds of the armed row unit. A beat of a LOAD enters in the cycle after one in which
    write_valid_i is 1; every cycle the bf16 \(configuration.phrase("value of one element leaves", "values of a group leave")) each slot, three cycles after its index. Hazards
    are the sequencer's: it holds back a LOAD while the armed unit reads the slot.
    """
  }

  /// Elements of a slot: slot 7 holds the norm weight of the intermediate vector.
  func depth(_ slot: Int) -> Int { slot == 7 ? configuration.intermediateCapacity : configuration.hiddenCapacity }

  /// Bits of a word address as the sequencer gives it.
  static func addressBits(_ configuration: Configuration) -> Int {
    indexWidth(max(configuration.hiddenCapacity, configuration.intermediateCapacity) / configuration.halvesPerStep + 1)
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let valid = m.input("write_valid", Bit.self)
    let slot = m.input("write_slot", Unsigned.self, width: 3)
    let word = m.input("write_word", Unsigned.self, width: Self.addressBits(c))
    let data = m.input("write_data", Unsigned.self, width: c.beatBits * c.channels)
    let group = c.rowLanes == 1 ? nil : m.input("element", SlotPlace(c))
    let element = group?.word ?? m.input("element", Unsigned.self, width: Configuration.indexBits)
    let placeBits = c.rowLanes == 1 ? indexWidth(c.halvesPerBeat) : 0
    var widest = 0
    for index in 0..<8 {
      let wordBits = indexWidth(VectorSlot.words(c, depth: depth(index)))
      widest = max(widest, wordBits)
      let memory = m.instance("u_slot_\(index)", VectorSlot(configuration: c, depth: depth(index)))
      let isWritten = m.registeredCopies(
        "slot_\(index)_written", (valid && slot == Unsigned(index, width: 3)).asUnsigned, count: c.channels)
      if c.channels == 1 {
        memory.connect("write_valid", isWritten[0])
      } else {
        memory.connect("write_valid", isWritten)
      }
      memory.connect(
        "write_word",
        m.registeredCopies("slot_\(index)_word", word.slice(at: 0, width: wordBits), count: c.channels))
      memory.connect("write_data", data)
      if let group {
        memory.connect("element_word", group.word.slice(at: 0, width: wordBits))
        if let channel = group.channel { memory.connect("element_channel", channel) }
        if let place = group.place { memory.connect("element_place", place) }
        m.output("slot_\(index)", memory.output("halves", Unsigned.self))
      } else {
        memory.connect("element", element.slice(at: 0, width: placeBits + wordBits))
        m.output("slot_\(index)", memory.output("half", Unsigned.self))
      }
    }
    if word.width > widest { m.unused(word.slice(at: widest, width: word.width - widest)) }
    let used = placeBits + widest
    if element.width > used { m.unused(element.slice(at: used, width: element.width - used)) }
  }
}
