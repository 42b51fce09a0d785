import HardwareDescription
import SetunMachine

extension Configuration {
  /// Bits of a machine float: sign, 8 exponent bits, fraction.
  var floatBits: Int { 9 + fractionBits }
  /// Bits of an element or row index: those of an instruction's count.
  static let indexBits = 16

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
    let readAddress = m.input("read_address", Unsigned.self, width: bits)
    let words = m.memory(
      "words", Unsigned.self, width: c.beatBits, depth: c.activationWords, readLatency: 1,
      style: Configuration.style(depth: c.activationWords), collision: .undefined)
    words.write(writeAddress, writeData, enable: writeValid)
    m.output("read_data", words.read("read_data", readAddress))
  }
}

/// Machine floats, one element an address: x and the recurrent state h.
public struct ElementMemory: HardwareModule {
  public var name: String
  public var depth: Int
  public var elementBits: Int

  public var moduleName: String { name }
  public var documentation: String {
    """
    One machine float an address: one write and one read a cycle, the read with one cycle of latency. An element is
    written many cycles after it has been read, never in the same one. Its contents are undefined after power-up; the
    core uses no element that it has not written. No backpressure.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let bits = indexWidth(depth)
    let writeValid = m.input("write_valid", Bit.self)
    let writeAddress = m.input("write_address", Unsigned.self, width: bits)
    let writeData = m.input("write_data", Unsigned.self, width: elementBits)
    let readAddress = m.input("read_address", Unsigned.self, width: bits)
    let elements = m.memory(
      "elements", Unsigned.self, width: elementBits, depth: depth, readLatency: 1,
      style: Configuration.style(depth: depth), collision: .undefined)
    elements.write(writeAddress, writeData, enable: writeValid)
    m.output("read_data", elements.read("read_data", readAddress))
  }
}

/// The input vector of a BitLinear before quantisation: written an element at a time, read C lanes at a time.
public struct ZMemory: HardwareModule {
  public var configuration: Configuration
  /// Elements it holds.
  public var depth: Int
  public var index: Int

  public var moduleName: String { "z_memory_\(index)" }
  public var documentation: String {
    """
    A vector z of machine floats in C banks: element e lies in bank e mod C. One element is written a cycle, through a
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
    let writeElement = m.input("write_element", Unsigned.self, width: Configuration.indexBits)
    let writeData = m.input("write_data", Unsigned.self, width: c.floatBits)
    let readWord = m.input("read_word", Unsigned.self, width: wordBits)
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
      readData[k].drive(bank.read("bank_data", readWord))
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
    A vector of bf16 values as it arrives in the stream, W/16 elements a word. One word is written a cycle; one element
    is read a cycle, with two cycles of latency (memory, selection). No word is read in the cycle in which it is written:
    whoever uses the values waits for them.
    """
  }

  /// Words of W bits.
  public static func words(_ configuration: Configuration, depth: Int) -> Int {
    (depth + configuration.halvesPerBeat - 1) / configuration.halvesPerBeat
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let words = Self.words(c, depth: depth)
    let wordBits = indexWidth(words)
    let placeBits = indexWidth(c.halvesPerBeat)
    let writeValid = m.input("write_valid", Bit.self)
    let writeWord = m.input("write_word", Unsigned.self, width: wordBits)
    let writeData = m.input("write_data", Unsigned.self, width: c.beatBits)
    let element = m.input("element", Unsigned.self, width: placeBits + wordBits)
    let memory = m.memory(
      "words", Unsigned.self, width: c.beatBits, depth: words, readLatency: 1, style: Configuration.style(depth: words),
      collision: .undefined)
    memory.write(writeWord, writeData, enable: writeValid)
    let word = memory.read("word", element.slice(at: placeBits, width: wordBits))
    let place = m.registered("place", element.slice(at: 0, width: placeBits))
    let bit = m.wire("bit_offset", place << 4)
    m.output("half", m.registered("half", word.slice(at: bit, width: 16)))
  }
}

/// The eight vector slots.
public struct VectorSlots: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The norm weights and lower bounds of the armed row unit. A beat of a LOAD enters in each cycle in which
    write_valid_i is 1; every cycle the bf16 value of one element leaves each slot, two cycles after its index. Hazards
    are the sequencer's: it holds back a LOAD while the armed unit reads the slot.
    """
  }

  /// Elements of a slot: slot 7 holds the norm weight of the intermediate vector.
  func depth(_ slot: Int) -> Int { slot == 7 ? configuration.intermediateCapacity : configuration.hiddenCapacity }

  /// Bits of a word address as the sequencer gives it.
  static func addressBits(_ configuration: Configuration) -> Int {
    indexWidth(max(configuration.hiddenCapacity, configuration.intermediateCapacity) / configuration.halvesPerBeat + 1)
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let valid = m.input("write_valid", Bit.self)
    let slot = m.input("write_slot", Unsigned.self, width: 3)
    let word = m.input("write_word", Unsigned.self, width: Self.addressBits(c))
    let data = m.input("write_data", Unsigned.self, width: c.beatBits)
    let element = m.input("element", Unsigned.self, width: Configuration.indexBits)
    let placeBits = indexWidth(c.halvesPerBeat)
    var widest = 0
    for index in 0..<8 {
      let wordBits = indexWidth(VectorSlot.words(c, depth: depth(index)))
      widest = max(widest, wordBits)
      let memory = m.instance("u_slot_\(index)", VectorSlot(configuration: c, depth: depth(index)))
      memory.connect("write_valid", valid && slot == Unsigned(index, width: 3))
      memory.connect("write_word", word.slice(at: 0, width: wordBits))
      memory.connect("write_data", data)
      memory.connect("element", element.slice(at: 0, width: placeBits + wordBits))
      m.output("slot_\(index)", memory.output("half", Unsigned.self))
    }
    if word.width > widest { m.unused(word.slice(at: widest, width: word.width - widest)) }
    let used = placeBits + widest
    if element.width > used { m.unused(element.slice(at: used, width: element.width - used)) }
  }
}
