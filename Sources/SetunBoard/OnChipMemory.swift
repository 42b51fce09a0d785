import HardwareDescription
import HardwareLibrary
import SetunMachine

/// The memory behind the core's AXI4 read port, in the chip's block RAM, holding a model's image.
///
/// The part of AXI4 that the core uses: incrementing bursts of whole beats, in order, each beat as soon as it can, RREADY
/// always 1. Beat m of a burst accepted in cycle a is there in cycle `max(a + latency, r[m-1] + 1)`, so the memory is
/// ``MemoryModel/onChip``. Requests wait in a queue that holds as many as the core's FIFO has places: more than it ever
/// has outstanding, so ARREADY is 1 whenever it asks.
public struct OnChipMemory: HardwareModule, Sendable {
  public let image: OnChipImage
  public let banks: [MemoryBank]
  /// Beats of the longest burst, a power of two.
  public let burstBeats: Int
  /// Requests that wait.
  public let requests: Int

  /// - Parameter banks: consecutive parts that hold the whole image.
  public init(image: OnChipImage, banks: [MemoryBank], configuration: Configuration) {
    self.image = image
    self.banks = banks
    burstBeats = configuration.burstBeats
    requests = configuration.fifoBeats
  }

  /// Cycles from an accepted request to its first beat.
  public static let latency = MemoryModel.onChipLatency

  public var moduleName: String { "on_chip_memory" }

  public var documentation: String {
    let regions = image.regions.map { region in
      "  \(region.name): beats \(region.firstBeat) to \(region.endBeat - 1) of the image, words \(region.place) on."
    }
    return """
      A model's image in block RAM behind an AXI4 read port: incrementing bursts of at most \(burstBeats) whole beats, answered in
      order, a beat a cycle. The first beat comes \(Self.latency) cycles after its request was accepted, or after the beat before
      it. axi_rready of the requester must be always 1. A burst that does not lie in one region is answered with SLVERR.
      The gaps between the image's regions are left out:
      \(regions.joined(separator: "\n"))
      \(banks.count) banks whose depths are powers of two, \(banks.reduce(0) { $0 + $1.blocks }) block RAMs.
      Source: ARCHITECTURE.md, section 1, "Image".
      """
  }

  public func build(_ m: ModuleBuilder) {
    let indexBits = indexWidth(image.depth)
    m.comment("Address channel.")
    let addressValid = m.input("axi_arvalid", Bit.self)
    let address = m.input("axi_araddr", Unsigned.self, width: 40)
    let identifier = m.input("axi_arid", Unsigned.self, width: 2)
    let length = m.input("axi_arlen", Unsigned.self, width: 8)
    let addressReady = m.output("axi_arready", Bit.self)

    m.comment("The word on the chip, and whether the burst lies in a region.")
    let shift = indexWidth(image.beatBits / 8)
    let beat = m.wire("beat", address.slice(at: shift, width: 40 - shift))
    m.unused(address.slice(at: 0, width: shift))
    let last = m.wire("last_beat", beat + length)
    var indices: [Unsigned] = []
    var hits: [Bit] = []
    for region in image.regions {
      var isHere = last < Unsigned(region.endBeat)
      if region.firstBeat > 0 { isHere = beat >= Unsigned(region.firstBeat) && isHere }
      let hit = m.wire("is_in_\(region.name)", isHere)
      hits.append(hit)
      let gap = region.firstBeat - region.place
      let low = beat.truncated(to: indexBits)
      let place = gap == 0 ? low : low &- Unsigned(gap & (1 << indexBits - 1), width: indexBits)
      indices.append(place & hit.replicated(indexBits))
    }
    let index = m.wire("index", indices.dropFirst().reduce(indices[0]) { $0 | $1 })
    let isInside = hits.dropFirst().reduce(hits[0]) { $0 || $1 }
    let offsetBits = indexWidth(burstBeats)
    m.unused(length.slice(at: offsetBits, width: 8 - offsetBits))
    let request = concatenate(!isInside, identifier, length.truncated(to: offsetBits), index)

    m.comment("Requests that wait.")
    let stream = Stream(valid: addressValid, ready: addressReady, payload: m.wire("request", request))
    let waiting = m.queue("requests", stream, depth: requests)

    m.comment("A beat a cycle of the oldest one.")
    let first = waiting.payload.truncated(to: indexBits)
    let beats = waiting.payload.slice(at: indexBits, width: offsetBits)
    let offset = m.register("offset", Unsigned.self, width: offsetBits, reset: 0)
    let isLast = m.wire("is_last", offset == beats)
    waiting.ready.drive(isLast)
    m.when(waiting.valid) { offset.next(isLast.select(Unsigned(0, width: offsetBits), offset &+ 1)) }
    let readValid = m.register("read_valid", Bit.self, reset: false)
    readValid.next(waiting.valid)
    let readIndex = m.registered("read_index", first &+ offset.extended(to: indexBits))
    let readLast = m.registered("read_last", isLast)
    let readIdentifier = m.registered(
      "read_id", waiting.payload.slice(at: indexBits + offsetBits, width: 2))
    let readFails = m.registered("read_fails", waiting.payload[indexBits + offsetBits + 2])

    m.comment("The banks lie all over the chip: each has an index of its own before it, and a register behind it.")
    let copies = m.registeredCopies("bank_index", readIndex, count: banks.count)
    var parts: [Unsigned] = []
    for (number, bank) in banks.enumerated() {
      let bits = indexWidth(bank.depth)
      let index = copies.slice(at: number * indexBits, width: indexBits)
      let contents = MemoryContents(words: Array(image.words[bank.start..<min(bank.start + bank.depth, image.depth)]))
      let words = m.memory(
        "bank_\(number)", Unsigned.self, width: image.beatBits, depth: bank.depth, readLatency: 1, style: .block,
        contents: contents)
      let read = words.read("bank_\(number)_word", index.truncated(to: min(bits, indexBits)))
      let late = m.registered("bank_\(number)_late", read)
      guard bits < indexBits else {
        parts.append(late)
        continue
      }
      let isChosen = index.slice(at: bits, width: indexBits - bits) == Unsigned(bank.start >> bits)
      parts.append(late & m.delayed("bank_\(number)_chosen", isChosen, by: 2).replicated(image.beatBits))
    }

    m.comment("Data channel.")
    let behind = Self.latency - 2
    m.output("axi_rvalid", m.delayedWithReset("valid", readValid, by: behind))
    m.output("axi_rdata", m.registered("word", parts.dropFirst().reduce(parts[0]) { $0 | $1 }))
    m.output("axi_rid", m.delayed("id", readIdentifier, by: behind))
    m.output(
      "axi_rresp", concatenate(m.delayed("fails", readFails, by: behind), Bit(false)))
    m.output("axi_rlast", m.delayed("last", readLast, by: behind))
  }
}
