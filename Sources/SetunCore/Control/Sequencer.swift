import HardwareDescription
import SetunMachine

/// What the next beat of the stream is.
enum SequencerState: HardwareEnum {
  /// No run.
  case idle
  /// An instruction.
  case fetch
  /// An operand of a LOAD.
  case vector
  /// An operand of a MATVEC.
  case weights
  /// None: the position's body is used up; the armed unit still works.
  case boundary
  /// None yet: the position is complete; the next one may be held back.
  case resume
}

/// Takes the stream apart: instructions to the units, operands to slots and ternary engine; keeps the scoreboard.
public struct Sequencer: HardwareModule {
  public var configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var documentation: String {
    """
    Takes the weight stream apart. A beat is either an instruction, which arms a unit, or an operand of the newest
    LOAD or MATVEC. At most one beat \(channelled("", "of each channel "))is accepted a cycle (pop_o). Backpressure on the stream is applied here and
    nowhere else: an instruction waits for the scoreboard, a LOAD while its slot is read, the first weights for
    activations, and the last beat of a \(channelled("row group", "slot")) for a place in the row-sum queue. What says where an accepted
    operand belongs leaves one cycle later, together with the operand itself.\(channelled("", Self.channelNote))

    Acceptance looks at the operation code and the scoreboard only, because the stream FIFO's read address depends
    on it. The whole instruction is checked in the cycle after, from a register, and illegal_o follows a cycle later.
    Until the core halts, an illegal instruction may have armed a unit; clear_i takes that back.
    Source: ARCHITECTURE.md, sections 1 and 3, rule 4.
    """
  }

  private static let channelNote = """


    All channels hold the program; it is read from channel 0, and an instruction or a beat of a LOAD is taken from all of
    them at once. The row groups of a MATVEC are taken in slots of one group from each channel. A matrix's last slot may
    leave channels out: active_q says which take part.
    """

  private func channelled(_ one: String, _ several: String) -> String { configuration.channels == 1 ? one : several }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let addressBits = indexWidth(c.activationWords)
    let slotBits = VectorSlots.addressBits(c)

    m.comment("Control.")
    let clear = m.input("clear", Bit.self)
    let halt = m.input("halt", Bit.self)
    let begin = m.input("begin", Bit.self)
    let hold = m.input("hold", Bit.self)
    let hasHead = m.input("has_head", Bit.self)
    let bodyBeats = m.input("body_beats", Unsigned.self, width: 32 * c.channels)
    let bodyBeatsWithHead = m.input("body_beats_with_head", Unsigned.self, width: 32 * c.channels)
    let embeddingBeats = m.input("embedding_beats", Unsigned.self, width: 16)
    m.comment("Stream.")
    let beatsValid = m.channelInput("beat_valid", c)
    let beat = m.input("beat", Unsigned.self, width: InstructionSet.wordBits)
    let beatValid = c.channels == 1 ? beatsValid[0] : m.wire("beat_valid", beatsValid.reducedAnd)
    m.comment("Scoreboard events, each one cycle long.")
    let elementLast = m.input("element_last", Bit.self)
    let normRetired = m.input("norm_retired", Bit.self)
    let activationsFilled = m.input("activations_filled", Bit.self)
    let groupLeft = m.input("group_left", Bit.self)

    let state = m.register("state", reset: SequencerState.idle)
    let isFetching = m.wire("is_fetching", state == .fetch)

    let unitArmed = m.register("unit_armed", Bit.self, reset: false)
    let unitFed = m.register("unit_fed", Bit.self)
    let statisticsComplete = m.register("statistics_complete", Bit.self, reset: false)
    let normWaiting = m.register("norm_waiting", Bit.self, reset: false)
    let normBusy = m.register("norm_busy", Bit.self, reset: false)
    let activationsReady = m.register("activations_ready", Bit.self, reset: false)
    let groups = m.register("groups", Unsigned.self, width: indexWidth(c.sumQueueGroups + 1), reset: 0)

    let unitCount = m.register("unit_count", Unsigned.self, width: Configuration.indexBits)
    let unitOutputs = m.register("unit_outputs", Unsigned.self, width: 2)
    let unitState = m.register("unit_state", Unsigned.self, width: 24)
    let unitIsEmbed = m.register("unit_is_embed", Bit.self)
    let unitIsResidual = m.register("unit_is_residual", Bit.self)
    let unitIsMLGRU = m.register("unit_is_mlgru", Bit.self)
    let unitIsGLU = m.register("unit_is_glu", Bit.self)
    let unitIsArgmax = m.register("unit_is_argmax", Bit.self)

    // MARK: Instructions

    m.comment(
      "An instruction at the head of the stream waits for the scoreboard. These are the fields that act at once.")
    let head = InstructionDecode(word: beat)
    let isLoad = m.wire("head_is_load", head.isOpcode(.load))
    let isEmbed = m.wire("head_is_embed", head.isOpcode(.embed))
    let isNorm = m.wire("head_is_rmsnorm", head.isOpcode(.rmsNorm))
    let isMatvec = m.wire("head_is_matvec", head.isOpcode(.matvec))
    let isResidual = m.wire("head_is_residual", head.isOpcode(.residual))
    let isMLGRU = m.wire("head_is_mlgru", head.isOpcode(.mlgru))
    let isGLU = m.wire("head_is_glu", head.isOpcode(.glu))
    let isArgmax = m.wire("head_is_argmax", head.isOpcode(.argmax))
    let armsUnit = m.wire("head_arms_unit", isEmbed || isResidual || isMLGRU || isGLU || isArgmax)
    let unitBusy = m.wire("unit_busy", unitArmed || normWaiting)
    let mustWait = m.wire("head_must_wait", (armsUnit && unitBusy) || (isNorm && normBusy))
    let acceptInstruction = m.wire("accept_instruction", isFetching && beatValid && !mustWait && !halt)

    // MARK: LOAD

    m.comment(
      """
      LOAD: a beat is written to a slot unless the armed unit reads that slot. The fields follow the head of the stream
      until the instruction is accepted.
      """)
    let loadSlot = m.register("load_slot", Unsigned.self, width: 3)
    let loadLeft = m.register("load_left", Unsigned.self, width: 16)
    let loadWord = m.register("load_word", Unsigned.self, width: slotBits)
    let slotIsResidual = m.wire("slot_is_residual", loadSlot < 4)
    let slotIsDown = m.wire("slot_is_down", loadSlot == 7)
    let slotReader = m.wire(
      "slot_reader_armed",
      slotIsResidual.select(unitIsEmbed || unitIsResidual, slotIsDown.select(unitIsGLU, unitIsMLGRU)))
    let loadLast = m.wire("load_last", loadLeft <= Unsigned(c.halvesPerStep, width: 16))
    let acceptVector = m.wire(
      "accept_vector", state == .vector && beatValid && !(unitArmed && slotReader) && !halt)
    m.when(isFetching) {
      loadSlot.next(head.field(.load, "slot"))
      loadLeft.next(head.field(.load, "count"))
      loadWord.next(0)
    }.elseWhen(acceptVector) {
      loadLeft.next(loadLeft &- Unsigned(c.halvesPerStep, width: 16))
      loadWord.next(loadWord &+ 1)
    }

    // MARK: MATVEC

    m.comment("MATVEC: row groups of the matrices take turns; beats of a group are words of one activation vector.")
    let rowsLeft = m.register("rows_left", Unsigned.self, width: 16)
    let groupBeats = m.register("group_beats", Unsigned.self, width: 16)
    let lastMatrix = m.register("last_matrix", Unsigned.self, width: 2)
    let isShared = m.register("is_shared", Bit.self)
    let matrix = m.register("matrix", Unsigned.self, width: 2)
    let beatInGroup = m.register("beat_in_group", Unsigned.self, width: addressBits)
    m.comment("Found a cycle beforehand, since the acceptance of a beat waits for them.")
    let beatsLeft = m.register("group_beats_left", Unsigned.self, width: 16)
    let groupFirst = m.register("group_first", Bit.self)
    let groupLast = m.register("group_last", Bit.self)
    let rowsAreLast = m.register("rows_are_last", Bit.self)
    let rowsOfSlot = 5 * c.channels
    let vectorBase = m.register("vector_base", Unsigned.self, width: addressBits)
    let slots = c.channels == 1 ? nil : SlotSequence(m, c)
    let matrixLast = m.wire("matrix_last", matrix == lastMatrix)
    let matvecLast = m.wire("matvec_last", groupLast && matrixLast && rowsAreLast)
    let queueFree = m.wire("queue_free", groups < Unsigned(c.sumQueueGroups, width: groups.width))
    let weightsValid =
      slots.map { m.wire("weights_valid", $0.isKnown && (beatsValid | ~$0.active).reducedAnd) } ?? beatValid
    let acceptWeights = m.wire(
      "accept_weights", state == .weights && weightsValid && activationsReady && (!groupLast || queueFree) && !halt)
    m.when(isFetching) {
      let rows = head.field(.matvec, "rows")
      let beats = head.field(.matvec, "beats")
      rowsLeft.next(rows)
      rowsAreLast.next(rows <= Unsigned(rowsOfSlot, width: 16))
      groupBeats.next(beats)
      beatsLeft.next(beats)
      groupFirst.next(true)
      groupLast.next(beats == 1)
      lastMatrix.next(head.field(.matvec, "matrices") &- 1)
      isShared.next(head.flag(.matvec, "shared"))
      matrix.next(0)
      beatInGroup.next(0)
      vectorBase.next(0)
    }.elseWhen(acceptWeights) {
      m.when(!groupLast) {
        beatInGroup.next(beatInGroup &+ 1)
        beatsLeft.next(beatsLeft &- 1)
        groupFirst.next(false)
        groupLast.next(beatsLeft == 2)
      }.otherwise {
        beatInGroup.next(0)
        beatsLeft.next(groupBeats)
        groupFirst.next(true)
        groupLast.next(groupBeats == 1)
        m.when(matrixLast) {
          matrix.next(0)
          vectorBase.next(0)
          rowsLeft.next(rowsLeft &- Unsigned(rowsOfSlot, width: 16))
          rowsAreLast.next(rowsLeft <= Unsigned(2 * rowsOfSlot, width: 16))
        }.otherwise {
          matrix.next(matrix &+ 1)
          m.when(!isShared) { vectorBase.next(vectorBase &+ groupBeats.truncated(to: addressBits)) }
        }
      }
    }

    slots?.advance(
      isLoading: m.wire("is_first_slot", state == .weights && !(slots?.isKnown ?? true)), rowsLeft: rowsLeft,
      matrixLast: matrixLast, groupTaken: m.wire("slot_taken", acceptWeights && groupLast), isEnd: matvecLast,
      isWeights: state == .weights, restart: state == .idle || state == .resume)

    m.comment("Places of the row-sum queue that are taken.")
    let groupEntered = m.wire("group_entered", acceptWeights && groupLast)
    m.when(groupEntered && !groupLeft) {
      groups.next(groups &+ 1)
    }.elseWhen(!groupEntered && groupLeft) {
      groups.next(groups &- 1)
    }
    m.when(clear) { groups.next(0) }

    // MARK: The stream

    let accept = m.wire("accept", acceptInstruction || acceptVector || acceptWeights)
    let progress = BodyProgress(
      m, c, accept: accept, taken: slots.map { (state == .weights).select($0.active, ~Unsigned(0, width: c.channels)) },
      limits: (bodyBeats, bodyBeatsWithHead), hasHead: hasHead,
      restart: state == .idle || state == (c.channels == 1 ? .resume : .boundary))
    let bodyLast = progress.isLast
    m.comment("A body must end with its last instruction complete.")
    let completes = m.wire(
      "completes",
      (acceptInstruction && !isLoad && !isMatvec) || (acceptVector && loadLast) || (acceptWeights && matvecLast))

    m.switchOn(state) { current in
      switch current {
      case .idle:
        m.when(begin) { state.next(.fetch) }
      case .fetch:
        m.when(acceptInstruction) {
          m.when(isLoad) { state.next(.vector) }.elseWhen(isMatvec) { state.next(.weights) }
            .elseWhen(bodyLast) { state.next(.boundary) }
        }
      case .vector, .weights:
        m.when(completes) {
          m.when(bodyLast) { state.next(.boundary) }.otherwise { state.next(.fetch) }
        }
      case .boundary:
        m.when(!unitArmed) { state.next(.resume) }
      case .resume:
        m.when(!hold && !halt) { state.next(.fetch) }
      }
    }
    m.when(clear) { state.next(.idle) }
    let positionDone = m.wire("position_done", state == .resume && !hold && !halt)
    m.output("position_done", positionDone)

    // MARK: Scoreboard

    m.comment("A unit is armed from its instruction to its last element.")
    let arm = m.wire("arm", acceptInstruction && armsUnit)
    m.when(arm) {
      unitArmed.next(true)
      unitFed.next(isEmbed)
      unitCount.next(head.field(.residual, "count"))
      unitOutputs.next(head.field(.residual, "outputs"))
      unitState.next(head.field(.mlgru, "state"))
      m.comment("Decoded beforehand: they select the operands of every element.")
      unitIsEmbed.next(isEmbed)
      unitIsResidual.next(isResidual)
      unitIsMLGRU.next(isMLGRU)
      unitIsGLU.next(isGLU)
      unitIsArgmax.next(isArgmax)
      statisticsComplete.next(false)
    }.elseWhen(elementLast) {
      unitArmed.next(false)
      statisticsComplete.next(true)
    }
    m.when(acceptInstruction && isMatvec) { unitFed.next(true) }
    m.comment("An RMSNORM waits for the statistics, starts the norm unit, and is over when that one says so.")
    var isComplete = statisticsComplete
    let cycles = MachineTiming(c).statistics - 1
    if cycles > 0 {
      m.comment("The maxima come later than the last element.")
      isComplete = statisticsComplete && m.delayed("statistics_arrive", statisticsComplete, by: cycles)
    }
    let normStart = m.wire("start_norm", normWaiting && isComplete && !halt)
    m.when(acceptInstruction && isNorm) {
      normWaiting.next(true)
      normBusy.next(true)
      activationsReady.next(false)
    }
    m.when(normStart) { normWaiting.next(false) }
    m.when(normRetired) { normBusy.next(false) }
    m.when(activationsFilled) { activationsReady.next(true) }
    m.when(clear) {
      unitArmed.next(false)
      statisticsComplete.next(false)
      normWaiting.next(false)
      normBusy.next(false)
      activationsReady.next(false)
    }

    // MARK: The cycle after acceptance

    m.comment("The cycle after acceptance: the beat is an instruction when is_issued_q is 1.")
    let accepted = m.registered("accepted_beat", beat)
    let isAccepted = m.registered("is_accepted", accept, reset: false)
    let isIssued = m.registered("is_issued", acceptInstruction)
    let issued = InstructionDecode(word: accepted)
    let opcodes = OpcodeBits(m, "issued", issued)

    let sequence = m.register("sequence", Unsigned.self, width: 32)
    let beats = m.register("beats", Unsigned.self, width: 64, reset: 0)
    m.when(begin) {
      sequence.next(0)
      beats.next(0)
    }.otherwise {
      m.when(isIssued) { sequence.next(sequence &+ 1) }
      m.when(isAccepted) { beats.next(beats &+ 1) }
    }
    m.output("beats_accepted", beats)

    m.comment("What retires later is known by its destination, operation code and number.")
    let tag = m.wire("issued_tag", concatenate(issued.word[15, 8], issued.word[7, 0], sequence))
    func held(_ name: String, _ value: Unsigned, _ enable: Bit) -> Unsigned {
      let register = m.register(name, Unsigned.self, width: value.width)
      m.when(enable) { register.next(value) }
      return register
    }
    let issuesLoad = m.wire("issues_load", isIssued && opcodes[.load])
    let issuesNorm = m.wire("issues_rmsnorm", isIssued && opcodes[.rmsNorm])
    let issuesMatvec = m.wire("issues_matvec", isIssued && opcodes[.matvec])
    let issuesUnit = m.wire(
      "issues_unit",
      isIssued
        && (opcodes[.embed] || opcodes[.mlgru] || opcodes[.glu] || opcodes[.residual] || opcodes[.argmax]))
    let loadTag = held("load_tag", tag, issuesLoad)
    func heldNorm(_ name: String) -> Unsigned { held("norm_\(name)", issued.field(.rmsNorm, name), issuesNorm) }
    let normCount = heldNorm("count")
    let normMatrices = heldNorm("matrices")
    let normInner = heldNorm("inner")
    let normFactors = ["inverse", "scale0", "scale1", "scale2"].map { (name: $0, value: heldNorm($0)) }
    let normTag = held("norm_tag", tag, issuesNorm)
    let matvecRows = held("matvec_rows", issued.field(.matvec, "rows"), issuesMatvec)
    let matvecLastMatrix = held("matvec_last_matrix", lastMatrix, issuesMatvec)
    let matvecTag = held("matvec_tag", tag, issuesMatvec)
    let unitTag = held("unit_tag", tag, issuesUnit)

    // MARK: Legality

    let legality = SequencerLegality(configuration: c, opcodes: opcodes, word: issued)
    let isLegal = legality.instruction(
      m, unitCount: unitCount, unitIs: (unitIsMLGRU, unitIsGLU), statisticsCome: unitArmed || statisticsComplete,
      activationsCome: normBusy || activationsReady, norm: (normCount, normMatrices), embeddingBeats: embeddingBeats)
    m.comment("A position takes one embedding row, and makes one token if it has the head.")
    let embedSeen = m.register("embed_seen", Bit.self, reset: false)
    let argmaxSeen = m.register("argmax_seen", Bit.self, reset: false)
    let issuesEmbed = m.wire("issues_embed", isIssued && opcodes[.embed])
    let issuesArgmax = m.wire("issues_argmax", isIssued && opcodes[.argmax])
    m.when(positionDone || clear) {
      embedSeen.next(false)
      argmaxSeen.next(false)
    }.otherwise {
      m.when(issuesEmbed) { embedSeen.next(true) }
      m.when(issuesArgmax) { argmaxSeen.next(true) }
    }
    let isRepeated = m.wire("is_repeated", (issuesEmbed && embedSeen) || (issuesArgmax && (argmaxSeen || !hasHead)))
    m.comment(
      "What would leave the core waiting: a unit that its MATVEC does not follow, an operand that the body lacks.")
    let unitStarved = m.wire("unit_starved", unitArmed && !unitFed)
    let isStray = m.wire(
      "is_stray", unitStarved && ((isFetching && beatValid && !isMatvec) || state == .boundary))
    let isCutShort =
      progress.usedUp.map { usedUp in
        let wanted = (state == .weights).select(
          slots?.wanted ?? usedUp,
          (isFetching || state == .vector).select(~Unsigned(0, width: c.channels), Unsigned(0, width: c.channels)))
        return m.wire("is_cut_short", (usedUp & wanted).reducedOr)
      } ?? m.wire("is_cut_short", accept && bodyLast && !completes)
    let isIncomplete = m.wire("is_incomplete", positionDone && !(embedSeen && (argmaxSeen == hasHead)))
    m.comment("A MATVEC must find a unit that waits for it.")
    let unitWaited = m.registered("unit_waited", unitStarved)
    let isUnasked = m.wire("is_unasked", issuesMatvec && !unitWaited)
    let illegal = m.registered(
      "illegal",
      (isIssued && !isLegal) || isRepeated || isStray || isCutShort || isIncomplete || isUnasked)
    m.output("illegal", illegal)

    // MARK: Outputs

    m.comment(
      "What becomes of the operands, one cycle after their acceptance; those of a LOAD have to come here first.")
    let away = MachineTiming(c).load - 1
    func arrives<Value: HardwareValue>(_ name: String, _ value: Value) -> Value {
      m.delayed("\(name)_there", value, by: away)
    }
    let loadValid = m.registered("load_valid", acceptVector, reset: false)
    m.output("load_valid", m.delayedWithReset("load_valid_there", loadValid, by: away))
    m.output("load_last", arrives("load_last", m.registered("load_valid_last", loadLast)))
    m.comment("The slots register what they are told once more.")
    m.output(
      "load_valid_early", away == 0 ? acceptVector : m.delayedWithReset("load_valid_there", loadValid, by: away - 1))
    m.output("load_slot_early", away == 0 ? loadSlot : m.delayed("load_slot_there", loadSlot, by: away - 1))
    m.output(
      "load_word_early",
      away == 0
        ? loadWord : m.delayed("load_word_there", m.registered("load_valid_word", loadWord), by: away - 1))
    m.output("load_tag", arrives("load_tag", loadTag))
    if let slots {
      m.output(
        "weight_valid",
        m.registered("weight_valid", slots.active & acceptWeights.replicated(c.channels), reset: 0))
    } else {
      m.output("weight_valid", m.registered("weight_valid", acceptWeights, reset: false))
    }
    m.output("weight_first", m.registered("weight_first", groupFirst))
    m.output("weight_last", m.registered("weight_last", groupLast))
    m.output("weight_final", m.registered("weight_final", matvecLast))
    m.output(
      "activation_word", m.registered("activation_word", vectorBase &+ beatInGroup))

    m.comment("The MATVEC whose rows are on their way.")
    m.output("matvec_start", m.registered("matvec_start", issuesMatvec, reset: false))
    m.output("matvec_rows", matvecRows)
    m.output("matvec_last_matrix", matvecLastMatrix)
    m.output("matvec_tag", matvecTag)

    m.comment("The armed unit.")
    m.output("unit_armed", unitArmed)
    m.output("unit_is_embed", unitIsEmbed)
    m.output("unit_is_residual", unitIsResidual)
    m.output("unit_is_mlgru", unitIsMLGRU)
    m.output("unit_is_glu", unitIsGLU)
    m.output("unit_is_argmax", unitIsArgmax)
    m.output("unit_count", unitCount)
    m.output("unit_outputs", unitOutputs)
    m.output("unit_state", unitState)
    m.output("unit_tag", unitTag)

    m.comment("The newest RMSNORM.")
    m.output("norm_start", normStart)
    m.output("norm_count", normCount)
    m.output("norm_matrices", normMatrices)
    m.output("norm_inner", normInner.asBit)
    let dropped = 15 - c.fractionBits
    for factor in normFactors {
      m.output("norm_\(factor.name)", factor.value >> dropped)
      // A machine float with fewer fraction bits reads the upper bits of a constant only.
      if dropped > 0 { m.unused(factor.value[dropped - 1, 0]) }
    }
    m.output("norm_tag", normTag)
  }
}
