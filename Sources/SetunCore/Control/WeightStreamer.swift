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
    \(rowsNote)The image fields and the run's lengths must be stable from two cycles before begin_i on, embedding_address_i from the
    cycle before embedding_valid_i rises until embedding_taken_i.
    The low twelve bits of image_base_i are taken as 0.
    Source: ARCHITECTURE.md, section 1 and section 3, rule 1.
    """
  }

  private var rowsNote: String {
    guard configuration.streams > 1 else { return "" }
    return """
      A position has a row for each of the \(configuration.streams) streams, stream 0 first; one may be decided two cycles after the one before.

      """
  }

  /// An item of the list, prepared before it is its turn: all of it registered, so that a decision is a short path.
  struct Plan {
    /// The first beat, counted from the image base.
    var start: Unsigned
    /// Beats of the first burst.
    var firstLength: Unsigned
    /// The first burst is the only one.
    var isSingle: Bit
    /// Beats after the first burst, where there are any, and that one more burst takes them.
    var rests: Unsigned
    var endsNext: Bit
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
    let embeddingAddress = m.input(
      "embedding_address", Unsigned.self, width: 32 * configuration.streams)
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

    // MARK: Items, prepared

    let places = Unsigned(fifoBeats, width: placeBits)
    let burst = Unsigned(burstBeats, width: lengthBits)
    m.comment("The beats from a place in the image to the next multiple of the burst length.")
    func toBoundary(_ name: String, _ offset: Unsigned) -> Unsigned {
      m.wire("\(name)_to_boundary", burstShift == 0 ? burst : burst &- offset[burstShift - 1, 0])
    }
    /// The first burst ends with the item or before a multiple of the burst length, whichever comes first.
    func plan(_ name: String, start: Unsigned, beats: Unsigned, boundary: Unsigned) -> Plan {
      let isSingle = m.wire("\(name)_fits", beats <= boundary)
      let firstLength = m.registered(
        "\(name)_first_length", isSingle.select(beats.resized(to: lengthBits), boundary))
      let rests = m.wire("\(name)_rests", beats &- firstLength)
      return Plan(
        start: start, firstLength: firstLength, isSingle: m.registered("\(name)_is_single", isSingle),
        rests: rests, endsNext: m.wire("\(name)_ends_next", rests <= burst))
    }
    /// The same with one more register, where there is time.
    func earlyPlan(_ name: String, start: Unsigned, beats: Unsigned, boundary: Unsigned) -> Plan {
      var plan = plan(name, start: start, beats: beats, boundary: boundary)
      plan.rests = m.registered("\(name)_rests", plan.rests)
      plan.endsNext = m.registered("\(name)_ends_next", plan.endsNext)
      return plan
    }

    m.comment("The two kinds of body; what a position takes is chosen when it is its turn.")
    let bodyStart = m.wire("body_start", bodyOffset[31, beatShift].extended(to: 32))
    m.unused(bodyOffset[beatShift - 1, 0])
    let restStart = m.registered("rest_start", bodyStart &+ places)
    let bodyBoundary = m.registered("body_boundary", toBoundary("body", bodyStart))
    func body(_ name: String, _ beats: Unsigned) -> (prefix: Plan, rest: Plan, hasRest: Bit) {
      let isLong = m.wire("\(name)_is_long", beats > places)
      let hasRest = m.registered("\(name)_has_rest", isLong)
      let prefix = m.registered("\(name)_prefix_beats", isLong.select(places, beats.truncated(to: placeBits)))
      let rest = m.registered("\(name)_rest_beats", beats &- places)
      m.comment("The FIFO holds a multiple of the burst length, so prefix and rest meet the same boundaries.")
      return (
        earlyPlan("\(name)_prefix", start: bodyStart, beats: prefix, boundary: bodyBoundary),
        earlyPlan("\(name)_rest", start: restStart, beats: rest, boundary: bodyBoundary), hasRest
      )
    }
    let plain = body("plain", bodyBeats)
    let headed = body("headed", bodyBeatsWithHead)
    m.comment("The address of the embedding row comes one cycle before embedding_valid_i.")
    let rows = configuration.streams == 1 ? nil : StreamRows(m, configuration, addresses: embeddingAddress)
    let rowAddress = rows?.address ?? embeddingAddress
    let rowPlan = plan("row", start: rowAddress, beats: embeddingBeats, boundary: toBoundary("row", rowAddress))
    let row = rows.map { $0.prepared(m, rowPlan) } ?? rowPlan

    // MARK: The list

    let item = m.register("item", reset: Item.idle)
    let isContinued = m.register("is_continued", Bit.self, reset: false)
    let nextOffset = m.register("next_offset", Unsigned.self, width: 32)
    let nextRemaining = m.register("next_remaining", Unsigned.self, width: 32)
    let nextLength = m.register("next_length", Unsigned.self, width: lengthBits)
    let nextIsLast = m.register("next_is_last", Bit.self)
    let following = m.register("following_position", Unsigned.self, width: 32, reset: 1)
    let hasHead = m.register("has_head", Bit.self, reset: false)

    m.comment(
      "About the position after the current one, a cycle late: a position has two items at least, so there is time.")
    let isLastPosition = m.registered("is_last_position", following == positions)
    let nextHasHead = m.registered("next_has_head", following >= firstHeadPosition)
    let hasRest = m.wire("has_rest", hasHead.select(headed.hasRest, plain.hasRest))
    func chosen(_ name: String, _ headed: Plan, _ plain: Plan) -> Plan {
      Plan(
        start: headed.start,
        firstLength: m.wire("\(name)_first_length", hasHead.select(headed.firstLength, plain.firstLength)),
        isSingle: m.wire("\(name)_is_single", hasHead.select(headed.isSingle, plain.isSingle)),
        rests: m.wire("\(name)_rests", hasHead.select(headed.rests, plain.rests)),
        endsNext: m.wire("\(name)_ends_next", hasHead.select(headed.endsNext, plain.endsNext)))
    }
    let prefix = chosen("prefix", headed.prefix, plain.prefix)
    let rest = chosen("rest", headed.rest, plain.rest)

    m.comment(
      """
      Whether the FIFO has places for a burst: for the longest, or for as many as are left when there are fewer. Every
      length is compared before one of them is chosen.
      """)
    let freePlaces = m.register("free_places", Unsigned.self, width: placeBits, reset: configuration.fifoBeats)
    let longestHasCredit = m.wire(
      "longest_has_credit", freePlaces.slice(at: burstShift, width: placeBits - burstShift).reducedOr)
    func fits(_ length: Unsigned) -> Bit {
      guard burstShift > 0 else { return longestHasCredit }
      return longestHasCredit || !length[burstShift] && length[burstShift - 1, 0] <= freePlaces[burstShift - 1, 0]
    }
    let firstHasCredit = m.wire("first_has_credit", Bit.self)
    func hasCredit(_ headed: Plan, _ plain: Plan) -> Bit {
      hasHead.select(fits(headed.firstLength), fits(plain.firstLength))
    }
    firstHasCredit.drive(true)

    m.comment("The current item.")
    let itemStart = m.wire("item_start", Unsigned.self, width: 32)
    let itemRests = m.wire("item_rests", Unsigned.self, width: 32)
    let itemEndsNext = m.wire("item_ends_next", Bit.self)
    let firstLength = m.wire("first_length", Unsigned.self, width: lengthBits)
    let isSingle = m.wire("is_single", Bit.self)
    let isReady = m.wire("is_ready", Bit.self)
    let isStream = m.wire("is_stream", Bit.self)
    let identifier = m.wire("identifier", Unsigned.self, width: 2)
    func take(_ plan: Plan) {
      itemStart.drive(plan.start)
      itemRests.drive(plan.rests)
      itemEndsNext.drive(plan.endsNext)
      firstLength.drive(plan.firstLength)
      isSingle.drive(plan.isSingle)
    }
    itemStart.drive(0)
    // Nothing looks at what rests of an item that is one burst.
    let headerRests = headerBeats - min(headerBeats, configuration.burstBeats)
    itemRests.drive(HeaderCheck.isOneBurst(configuration) ? prefix.rests : Unsigned(headerRests, width: 32))
    itemEndsNext.drive(Bit(headerRests <= configuration.burstBeats))
    firstLength.drive(Unsigned(min(headerBeats, configuration.burstBeats), width: lengthBits))
    isSingle.drive(Bit(headerBeats <= configuration.burstBeats))
    isReady.drive(false)
    isStream.drive(false)
    identifier.drive(Unsigned(Destination.stream, width: 2))
    m.switchOn(item) { item in
      switch item {
      case .idle, .awaitBegin: break
      case .header:
        isReady.drive(true)
        identifier.drive(Unsigned(Destination.header, width: 2))
      case .prefix:
        take(prefix)
        firstHasCredit.drive(hasCredit(headed.prefix, plain.prefix))
        isReady.drive(true)
        isStream.drive(true)
      case .embedding:
        take(row)
        isReady.drive(rows.map { embeddingValid && $0.isPrepared } ?? embeddingValid)
        identifier.drive(Unsigned(Destination.embedding, width: 2))
      case .rest:
        take(rest)
        firstHasCredit.drive(hasCredit(headed.rest, plain.rest))
        isReady.drive(true)
        isStream.drive(true)
      }
    }

    // MARK: Decision

    m.comment("The next burst.")
    let offset = m.wire("offset", isContinued.select(nextOffset, itemStart))
    let length = m.wire("length", isContinued.select(nextLength, firstLength))
    let endsItem = m.wire("ends_item", isContinued.select(nextIsLast, isSingle))

    let addressValid = m.register("address_valid", Bit.self, reset: false)
    let hasCredit = m.wire("has_credit", isContinued.select(!isStream || fits(nextLength), firstHasCredit))
    let slotIsFree = m.wire("slot_is_free", !addressValid || addressReady)
    let decide = m.wire("decide", slotIsFree && isReady && hasCredit && !halt)
    let listDone = m.wire(rows == nil ? "item_done" : "row_or_item_done", decide && endsItem)
    let itemDone =
      rows.map { m.wire("item_done", listDone && (item != .embedding || $0.isLast)) } ?? listDone
    rows?.advance(m, rowDone: listDone && item == .embedding, clear: clear)

    m.comment("FIFO places that are neither occupied nor reserved. A pop counts from the cycle after it.")
    m.comment("Pop and decision come late: they choose among sums.")
    let freed = m.wire("freed_places", freePlaces &+ 1)
    let reserved = m.wire("reserved_places", freePlaces &- length)
    let exchanged = m.wire("exchanged_places", freed &- length)
    m.when(clear) {
      freePlaces.next(places)
    }.elseWhen(decide && isStream) {
      freePlaces.next(fifoPop.select(exchanged, reserved))
    }.otherwise {
      freePlaces.next(fifoPop.select(freed, freePlaces))
    }

    m.comment("After its first burst an item goes on at a multiple of the burst length.")
    let rests = m.wire("remaining_after", isContinued.select(nextRemaining &- burst.extended(to: 32), itemRests))
    let endsNext = m.wire(
      "ends_next",
      isContinued.select(nextRemaining <= Unsigned(2 * configuration.burstBeats, width: 32), itemEndsNext))
    m.when(decide) {
      nextOffset.next(offset &+ length)
      nextRemaining.next(rests)
      nextIsLast.next(endsNext)
      nextLength.next(endsNext.select(rests.truncated(to: lengthBits), burst))
    }

    m.comment("The place in the list.")
    let positionDone = m.wire(
      "position_done", itemDone && (item == .rest || item == .embedding && !hasRest))
    m.when(clear) {
      item.next(.idle)
      isContinued.next(false)
      following.next(1)
    }.otherwise {
      m.when(decide) { isContinued.next(!endsItem) }
      m.when(start) { item.next(.header) }
      m.when(begin) {
        item.next(.prefix)
        hasHead.next(firstHeadPosition == 0)
      }
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
        following.next(following &+ 1)
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
    m.comment("What is shown while ARVALID is low does not matter.")
    m.when(slotIsFree) {
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

    m.comment(
      "Beats decided and not yet received, of every destination; at most the FIFO and \(configuration.streams == 1 ? "one embedding row" : "an embedding row of each stream")."
    )
    let outstandingBits = bitWidth(of: configuration.fifoBeats + configuration.streams << 16)
    let outstanding = m.register("outstanding", Unsigned.self, width: outstandingBits, reset: 0)
    let expected = m.wire("expected", outstanding &- beatReceived.asUnsigned)
    m.when(decide) { outstanding.next(expected &+ length) }.otherwise { outstanding.next(expected) }
    drained.drive(!addressValid && outstanding == 0 && (halt || item == .idle))
  }
}
