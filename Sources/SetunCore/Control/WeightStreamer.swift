import HardwareDescription
import SetunMachine

/// Issues every read request of the core, in the one order that image and run fix beforehand.
///
/// The list is the header, then for each position the prefix of its body, its embedding row and the rest of its body. One
/// burst is decided in a cycle; the address channel's registers show it in the next one.
public struct WeightStreamer: HardwareModule {
  public let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var moduleName: String { "weight_streamer" }

  /// The item of the list to which the next burst belongs.
  enum Item: HardwareEnum { case idle, header, awaitBegin, prefix, embedding, rest }

  /// ARID: where the beats of a burst go.
  enum Destination { static let stream = 0, embedding = 1, header = 2 }

  public var documentation: String {
    """
    Weight streamer: issues all AXI read requests, in one static order, with a place reserved for every stream beat.

    The list: header (ARID 2), then for each position the prefix of its body (ARID 0), its embedding row (ARID 1) and the
    rest of its body (ARID 0). The prefix is what the stream FIFO holds at most, so weights are fetched ahead while the
    position's token is still unknown, and no arbiter is needed.

    A burst is decided in cycle t when the address channel's slot is free (ARVALID low, or ARREADY high in t), its item may
    start, and, for stream beats, the FIFO has places that no earlier burst reserved; ARVALID is high from t + 1. Bursts
    follow each other without bubbles, also from one item to the next. They never cross a multiple of \(configuration.burstBeats) beats.
    The header may be decided from the cycle after start_i, the first prefix from the cycle after begin_i, an embedding row
    while embedding_valid_i is 1. halt_i stops decisions in the same cycle; a request that is up stays until accepted.
    The image fields must be stable from the cycle of begin_i on, the others from two cycles before.
    The low twelve bits of image_base_i are taken as 0.
    Source: ARCHITECTURE.md, section 1 and section 3, rule 1.
    """
  }

  /// A body's shares before and after the embedding row, for one of the two kinds of position.
  private struct BodyPlan {
    var prefixBeats: Unsigned
    var restBeats: Unsigned
    var hasRest: Bit
  }

  public func build(_ m: ModuleBuilder) {
    let beatShift = configuration.beatBytes.trailingZeroBitCount
    let burstShift = configuration.burstBeats.trailingZeroBitCount
    let lengthBits = burstShift + 1
    let placeBits = bitWidth(of: configuration.fifoBeats)
    let fifoBeats = m.constant("FifoBeats", configuration.fifoBeats)
    let burstBeats = m.constant("BurstBeats", configuration.burstBeats)
    let headerBeats = max(1, ImageHeader.byteCount / configuration.beatBytes)

    // MARK: Ports

    let clear = m.input("clear", Bit.self)
    let start = m.input("start", Bit.self)
    let begin = m.input("begin", Bit.self)
    let halt = m.input("halt", Bit.self)
    let imageBase = m.input("image_base", Unsigned.self, width: 40)
    let bodyOffset = m.input("body_offset", Unsigned.self, width: 32)
    let bodyBeats = m.input("body_beats", Unsigned.self, width: 32)
    let bodyBeatsWithHead = m.input("body_beats_with_head", Unsigned.self, width: 32)
    let embeddingValid = m.input("embedding_valid", Bit.self)
    let embeddingAddress = m.input("embedding_address", Unsigned.self, width: 32)
    let embeddingBeats = m.input("embedding_beats", Unsigned.self, width: 16)
    let positions = m.input("positions", Unsigned.self, width: 32)
    let firstHeadPosition = m.input("first_head_position", Unsigned.self, width: 32)
    let fifoPop = m.input("fifo_pop", Bit.self)
    let beatReceived = m.input("beat_received", Bit.self)
    let addressReady = m.input("axi_arready", Bit.self)
    let addressValidOutput = m.output("axi_arvalid", Bit.self)
    let addressOutput = m.output("axi_araddr", Unsigned.self, width: 40)
    let identifierOutput = m.output("axi_arid", Unsigned.self, width: 2)
    let lengthOutput = m.output("axi_arlen", Unsigned.self, width: 8)
    m.output("axi_arsize", Unsigned(beatShift, width: 3))
    m.output("axi_arburst", Unsigned(1, width: 2))
    let embeddingTaken = m.output("embedding_taken", Bit.self)
    let drained = m.output("drained", Bit.self)

    // MARK: The list

    let item = m.register("item", reset: Item.idle)
    let isContinued = m.register("is_continued", Bit.self, reset: false)
    let nextOffset = m.register("next_offset", Unsigned.self, width: 32)
    let nextRemaining = m.register("next_remaining", Unsigned.self, width: 32)
    let position = m.register("position", Unsigned.self, width: 32, reset: 0)
    let hasHead = m.register("has_head", Bit.self, reset: false)

    m.comment(
      """
      Facts about the body and about the next position, a cycle after what they depend on. They are needed later than
      that: the body is stable before it may be requested, and a position's first burst is never its last.
      """)
    let places = Unsigned(fifoBeats, width: placeBits)
    func plan(_ name: String, _ beats: Unsigned) -> BodyPlan {
      let isLong = m.wire("\(name)_is_long", beats > places)
      return BodyPlan(
        prefixBeats: m.registered("\(name)_prefix_beats", isLong.select(places, beats.truncated(to: placeBits))),
        restBeats: m.registered("\(name)_rest_beats", beats &- places),
        hasRest: m.registered("\(name)_has_rest", isLong))
    }
    let plain = plan("plain", bodyBeats)
    let headed = plan("headed", bodyBeatsWithHead)
    let bodyStart = m.wire("body_start", bodyOffset[31, beatShift].extended(to: 32))
    m.unused(bodyOffset[beatShift - 1, 0])
    let restStart = m.registered("rest_start", bodyStart &+ places)
    let followingPosition = m.wire("following_position", position &+ 1)
    let isLastPosition = m.registered("is_last_position", followingPosition == positions)
    let nextHasHead = m.registered("next_has_head", followingPosition >= firstHeadPosition)

    let prefixBeats = m.wire("prefix_beats", hasHead.select(headed.prefixBeats, plain.prefixBeats))
    let restBeats = m.wire("rest_beats", hasHead.select(headed.restBeats, plain.restBeats))
    let hasRest = m.wire("has_rest", hasHead.select(headed.hasRest, plain.hasRest))

    // MARK: The next burst

    m.comment("What the current item asks for: its first beat, counted from the image base, and its beats.")
    let itemStart = m.wire("item_start", Unsigned.self, width: 32)
    let itemBeats = m.wire("item_beats", Unsigned.self, width: 32)
    let isReady = m.wire("is_ready", Bit.self)
    let isStream = m.wire("is_stream", Bit.self)
    let identifier = m.wire("identifier", Unsigned.self, width: 2)
    itemStart.drive(0)
    itemBeats.drive(prefixBeats.extended(to: 32))
    isReady.drive(false)
    isStream.drive(false)
    identifier.drive(Unsigned(Destination.stream, width: 2))
    m.switchOn(item) { item in
      switch item {
      case .idle, .awaitBegin: break
      case .header:
        itemBeats.drive(Unsigned(headerBeats, width: 32))
        isReady.drive(true)
        identifier.drive(Unsigned(Destination.header, width: 2))
      case .prefix:
        itemStart.drive(bodyStart)
        isReady.drive(true)
        isStream.drive(true)
      case .embedding:
        itemStart.drive(embeddingAddress)
        itemBeats.drive(embeddingBeats.extended(to: 32))
        isReady.drive(embeddingValid)
        identifier.drive(Unsigned(Destination.embedding, width: 2))
      case .rest:
        itemStart.drive(restStart)
        itemBeats.drive(restBeats)
        isReady.drive(true)
        isStream.drive(true)
      }
    }

    let offset = m.wire("offset", isContinued.select(nextOffset, itemStart))
    let remaining = m.wire("remaining", isContinued.select(nextRemaining, itemBeats))
    m.comment("A burst ends with its item or before the next multiple of the burst length, whichever comes first.")
    let burst = Unsigned(burstBeats, width: lengthBits)
    let toBoundary = m.wire("to_boundary", burstShift == 0 ? burst : burst &- offset[burstShift - 1, 0])
    let endsItem = m.wire("ends_item", remaining <= toBoundary)
    let length = m.wire("length", endsItem.select(remaining.truncated(to: lengthBits), toBoundary))

    // MARK: Decision

    let addressValid = m.register("address_valid", Bit.self, reset: false)
    let freePlaces = m.register("free_places", Unsigned.self, width: placeBits, reset: configuration.fifoBeats)
    let hasCredit = m.wire("has_credit", !isStream || length <= freePlaces)
    let slotIsFree = m.wire("slot_is_free", !addressValid || addressReady)
    let decide = m.wire("decide", slotIsFree && isReady && hasCredit && !halt)
    let itemDone = m.wire("item_done", decide && endsItem)

    m.comment("FIFO places that are neither occupied nor reserved. A pop counts from the cycle after it.")
    let reserved = m.wire("reserved", (decide && isStream).select(length, Unsigned(0, width: lengthBits)))
    m.when(clear) {
      freePlaces.next(Unsigned(fifoBeats, width: placeBits))
    }.otherwise {
      freePlaces.next(freePlaces &- reserved &+ fifoPop.asUnsigned)
    }

    m.comment("The place in the list: the item, and how far its earlier bursts got.")
    m.when(decide) {
      nextOffset.next(offset &+ length)
      nextRemaining.next(remaining &- length)
    }
    m.when(clear) {
      item.next(.idle)
      isContinued.next(false)
      position.next(0)
    }.otherwise {
      m.when(decide) { isContinued.next(!endsItem) }
      m.when(start) { item.next(.header) }
      m.when(begin) {
        item.next(.prefix)
        hasHead.next(firstHeadPosition == 0)
      }
      let positionDone = m.wire(
        "position_done", itemDone && (item == .rest || item == .embedding && !hasRest))
      m.when(itemDone) {
        m.switchOn(item) { current in
          switch current {
          case .idle, .awaitBegin, .rest: break
          case .header: item.next(.awaitBegin)
          case .prefix: item.next(.embedding)
          case .embedding: item.next(.rest)
          }
        }
      }
      m.when(positionDone) {
        item.next(.prefix)
        m.when(isLastPosition) { item.next(.idle) }
        position.next(followingPosition)
        hasHead.next(nextHasHead)
      }
    }
    embeddingTaken.drive(itemDone && item == .embedding)

    // MARK: Address channel

    let address = m.register("address", Unsigned.self, width: 40 - beatShift)
    let burstIdentifier = m.register("burst_identifier", Unsigned.self, width: 2)
    let burstLength = m.register("burst_length", Unsigned.self, width: 8)
    m.when(decide) {
      addressValid.next(true)
    }.elseWhen(addressReady) {
      addressValid.next(false)
    }
    m.unused(imageBase[11, 0])
    let basePage = m.wire("base", concatenate(imageBase[39, 12], Unsigned(0, width: 12 - beatShift)))
    m.when(decide) {
      address.next(basePage &+ offset)
      burstIdentifier.next(identifier)
      m.comment("AXI counts a burst's beats from 0.")
      burstLength.next((length &- 1).resized(to: 8))
    }
    addressValidOutput.drive(addressValid)
    addressOutput.drive(concatenate(address, Unsigned(0, width: beatShift)))
    identifierOutput.drive(burstIdentifier)
    lengthOutput.drive(burstLength)

    // MARK: Draining

    m.comment("Beats decided and not yet received, of every destination; at most the FIFO and one embedding row.")
    let outstandingBits = bitWidth(of: configuration.fifoBeats + (1 << 16))
    let outstanding = m.register("outstanding", Unsigned.self, width: outstandingBits, reset: 0)
    let requested = m.wire("requested", decide.select(length, Unsigned(0, width: lengthBits)))
    outstanding.next(outstanding &+ requested &- beatReceived.asUnsigned)
    drained.drive(!addressValid && outstanding == 0 && (halt || item == .idle))
  }
}
