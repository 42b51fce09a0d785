import HardwareDescription
import SetunMachine

/// States of the sequencer.
enum SequencerState: HardwareEnum {
  /// No run.
  case idle
  /// The head of the stream is an instruction.
  case fetch
  /// Operand beats of a LOAD.
  case vector
  /// Operand beats of a MATVEC.
  case weights
  /// The position's body is used up; the armed unit still works.
  case boundary
  /// The position is complete.
  case resume
}

/// Takes the stream apart: instructions to the units, operands to slots and ternary engine; keeps the scoreboard.
public struct Sequencer: HardwareModule {
  public var configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var documentation: String {
    """
    Takes the weight stream apart. A beat is either an instruction, which arms a unit, or an operand of the newest
    LOAD or MATVEC. At most one beat is accepted a cycle (pop_o); backpressure on the stream is applied here and
    nowhere else: an instruction waits for the scoreboard, the first weights wait for activations, and the last beat
    of a row group waits for a place in the row-sum queue. An accepted operand leaves in operand_o one cycle later.
    Instructions that the machine cannot execute raise illegal_o and are never accepted.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let addressBits = indexWidth(c.activationWords)
    let slotBits = indexWidth(max(c.hiddenCapacity, c.intermediateCapacity) / c.halvesPerBeat + 1)

    m.comment("Control.")
    let clear = m.input("clear", Bit.self)
    let halt = m.input("halt", Bit.self)
    let begin = m.input("begin", Bit.self)
    let hold = m.input("hold", Bit.self)
    let hasHead = m.input("has_head", Bit.self)
    let bodyBeats = m.input("body_beats", Unsigned.self, width: 32)
    let bodyBeatsWithHead = m.input("body_beats_with_head", Unsigned.self, width: 32)
    let embeddingBeats = m.input("embedding_beats", Unsigned.self, width: 16)
    m.comment("Stream.")
    let beatValid = m.input("beat_valid", Bit.self)
    let beat = m.input("beat", Unsigned.self, width: c.beatBits)
    m.comment("Scoreboard events, each one cycle long.")
    let elementLast = m.input("element_last", Bit.self)
    let normRetired = m.input("norm_retired", Bit.self)
    let activationsFilled = m.input("activations_filled", Bit.self)
    let groupLeft = m.input("group_left", Bit.self)

    let state = m.register("state", reset: SequencerState.idle)
    let sequence = m.register("sequence", Unsigned.self, width: 32, reset: 0)
    let beatsDone = m.register("beats_done", Unsigned.self, width: 32, reset: 0)
    let beats = m.register("beats", Unsigned.self, width: 64, reset: 0)

    m.comment("Scoreboard.")
    let unitArmed = m.register("unit_armed", Bit.self, reset: false)
    let unitFed = m.register("unit_fed", Bit.self, reset: false)
    let statisticsComplete = m.register("statistics_complete", Bit.self, reset: false)
    let normWaiting = m.register("norm_waiting", Bit.self, reset: false)
    let normBusy = m.register("norm_busy", Bit.self, reset: false)
    let activationsReady = m.register("activations_ready", Bit.self, reset: false)
    let groups = m.register("groups", Unsigned.self, width: indexWidth(c.sumQueueGroups + 1), reset: 0)

    m.comment("The armed unit operation.")
    let unitWord = m.register("unit_word", Unsigned.self, width: 56)
    let unitTag = m.register("unit_tag", Unsigned.self, width: 48)
    let unit = InstructionDecode(word: unitWord)
    let unitIsEmbed = m.wire("unit_is_embed", unit.isOpcode(.embed))
    let unitIsResidual = m.wire("unit_is_residual", unit.isOpcode(.residual))
    let unitIsMLGRU = m.wire("unit_is_mlgru", unit.isOpcode(.mlgru))
    let unitIsGLU = m.wire("unit_is_glu", unit.isOpcode(.glu))
    let unitIsArgmax = m.wire("unit_is_argmax", unit.isOpcode(.argmax))

    m.comment("The instruction at the head of the stream.")
    let head = InstructionDecode(word: m.wire("head", beat.slice(at: 0, width: InstructionSet.wordBits)))
    var isOpcode: [Opcode: Bit] = [:]
    for opcode in Opcode.allCases {
      isOpcode[opcode] = m.wire("is_\(InstructionSet[opcode].mnemonic.lowercased())", head.isOpcode(opcode))
    }
    func headIs(_ opcode: Opcode) -> Bit { isOpcode[opcode] ?? false }
    let armsUnit = m.wire(
      "arms_unit",
      headIs(.embed) || headIs(.mlgru) || headIs(.glu) || headIs(.residual) || headIs(.argmax))
    let headTag = m.wire(
      "head_tag", concatenate(head.word[15, 8], head.word[7, 0], sequence))

    m.comment("What the machine cannot execute (the conditions of Instruction.violation, and orders that would never end).")
    let legal = legality(
      m, head, headIs, unit: unit, unitIs: (unitIsEmbed, unitIsMLGRU, unitIsGLU), unitArmed, unitFed,
      statisticsComplete, embeddingBeats)

    m.comment("An instruction waits for the scoreboard.")
    let unitFree = m.wire("unit_free", !unitArmed && !normWaiting)
    let instructionFree = m.wire(
      "instruction_free", (!armsUnit || unitFree) && (!headIs(.rmsNorm) || !normBusy))
    let acceptInstruction = m.wire(
      "accept_instruction", state == .fetch && beatValid && legal && instructionFree && !halt)
    let illegal = m.wire("illegal_head", state == .fetch && beatValid && !legal && !halt)

    // MARK: LOAD

    m.comment("LOAD: a beat is written to a slot unless the armed unit reads that slot.")
    let loadSlot = m.register("load_slot", Unsigned.self, width: 3)
    let loadLeft = m.register("load_left", Unsigned.self, width: 16)
    let loadWord = m.register("load_word", Unsigned.self, width: slotBits)
    let loadTag = m.register("load_tag", Unsigned.self, width: 48)
    let slotIsResidual = m.wire("slot_is_residual", loadSlot < 4)
    let slotIsDown = m.wire("slot_is_down", loadSlot == 7)
    let slotRead = m.wire(
      "slot_read",
      unitArmed
        && (slotIsResidual.select(unitIsEmbed || unitIsResidual, slotIsDown.select(unitIsGLU, unitIsMLGRU))))
    let loadLast = m.wire("load_last", loadLeft <= Unsigned(c.halvesPerBeat, width: 16))
    let acceptVector = m.wire("accept_vector", state == .vector && beatValid && !slotRead && !halt)

    // MARK: MATVEC

    m.comment("MATVEC: row groups of the matrices take turns; beats of a group are words of one activation vector.")
    let rowsLeft = m.register("rows_left", Unsigned.self, width: 16)
    let groupBeats = m.register("group_beats", Unsigned.self, width: 16)
    let lastMatrix = m.register("last_matrix", Unsigned.self, width: 2)
    let shared = m.register("shared", Bit.self)
    let matrix = m.register("matrix", Unsigned.self, width: 2)
    let beatInGroup = m.register("beat_in_group", Unsigned.self, width: 16)
    let vectorBase = m.register("vector_base", Unsigned.self, width: addressBits)
    let matvecTag = m.register("matvec_tag", Unsigned.self, width: 48)
    let groupFirst = m.wire("group_first", beatInGroup == 0)
    let groupLast = m.wire("group_last", beatInGroup + 1 == groupBeats.extended(to: 17))
    let matrixLast = m.wire("matrix_last", matrix == lastMatrix)
    let matvecLast = m.wire("matvec_last", groupLast && matrixLast && rowsLeft <= 5)
    let queueFree = m.wire("queue_free", groups < Unsigned(c.sumQueueGroups, width: groups.width))
    let acceptWeights = m.wire(
      "accept_weights",
      state == .weights && beatValid && activationsReady && (!groupLast || queueFree) && !halt)

    // MARK: Acceptance

    let accept = m.wire("accept", acceptInstruction || acceptVector || acceptWeights)
    let limit = m.wire("body_limit", hasHead.select(bodyBeatsWithHead, bodyBeats))
    let bodyLast = m.wire("body_last", beatsDone + 1 == limit.extended(to: 33))
    m.comment("A body must end with its last instruction complete.")
    let completes = m.wire(
      "completes",
      (acceptInstruction && !headIs(.load) && !headIs(.matvec)) || (acceptVector && loadLast)
        || (acceptWeights && matvecLast))
    let truncatedBody = m.wire("truncated_body", accept && bodyLast && !completes)

    m.output("pop", accept)
    m.output("illegal", illegal || truncatedBody)
    m.output("beats_accepted", beats)
    let operand = m.register("operand", Unsigned.self, width: c.beatBits)
    m.when(accept) {
      operand.next(beat)
      beatsDone.next((beatsDone + 1).truncated(to: 32))
      beats.next((beats + 1).truncated(to: 64))
    }

    let normStart = m.wire("start_norm", normWaiting && statisticsComplete)

    m.switchOn(state) { current in
      switch current {
      case .idle:
        m.when(begin) {
          state.next(.fetch)
          beatsDone.next(0)
          beats.next(0)
          sequence.next(0)
        }
      case .fetch:
        m.when(acceptInstruction) {
          sequence.next((sequence + 1).truncated(to: 32))
          m.when(headIs(.load)) {
            state.next(.vector)
            loadSlot.next(head.field(.load, "slot"))
            loadLeft.next(head.field(.load, "count"))
            loadWord.next(0)
            loadTag.next(headTag)
          }.elseWhen(headIs(.matvec)) {
            state.next(.weights)
            rowsLeft.next(head.field(.matvec, "rows"))
            groupBeats.next(head.field(.matvec, "beats"))
            lastMatrix.next((head.field(.matvec, "matrices") &- 1))
            shared.next(head.flag(.matvec, "shared"))
            matrix.next(0)
            beatInGroup.next(0)
            vectorBase.next(0)
            matvecTag.next(headTag)
          }.elseWhen(bodyLast) {
            state.next(.boundary)
          }
        }
      case .vector:
        m.when(acceptVector) {
          loadLeft.next(loadLeft &- Unsigned(c.halvesPerBeat, width: 16))
          loadWord.next((loadWord + 1).truncated(to: slotBits))
          m.when(loadLast) {
            state.next(.fetch)
            m.when(bodyLast) { state.next(.boundary) }
          }
        }
      case .weights:
        m.when(acceptWeights) {
          beatInGroup.next((beatInGroup + 1).truncated(to: 16))
          m.when(groupLast) {
            beatInGroup.next(0)
            m.when(matrixLast) {
              matrix.next(0)
              vectorBase.next(0)
              rowsLeft.next(rowsLeft &- 5)
            }.otherwise {
              matrix.next((matrix + 1).truncated(to: 2))
              m.when(!shared) {
                vectorBase.next((vectorBase + groupBeats.truncated(to: addressBits)).truncated(to: addressBits))
              }
            }
          }
          m.when(matvecLast) {
            state.next(.fetch)
            m.when(bodyLast) { state.next(.boundary) }
          }
        }
      case .boundary:
        m.when(!unitArmed) { state.next(.resume) }
      case .resume:
        m.when(!hold && !halt) {
          state.next(.fetch)
          beatsDone.next(0)
        }
      }
    }
    m.output("position_done", state == .resume && !hold && !halt)

    m.comment("Scoreboard updates.")
    let arm = m.wire("arm", acceptInstruction && armsUnit)
    m.when(arm) {
      unitArmed.next(true)
      unitFed.next(headIs(.embed))
      unitWord.next(head.word[55, 0])
      unitTag.next(headTag)
      statisticsComplete.next(false)
    }.elseWhen(elementLast) {
      unitArmed.next(false)
      statisticsComplete.next(true)
    }
    m.when(acceptInstruction && headIs(.matvec)) { unitFed.next(true) }
    m.when(acceptInstruction && headIs(.rmsNorm)) {
      normWaiting.next(true)
      normBusy.next(true)
      activationsReady.next(false)
    }
    m.when(normStart) { normWaiting.next(false) }
    m.when(normRetired) { normBusy.next(false) }
    m.when(activationsFilled) { activationsReady.next(true) }
    let groupEntered = m.wire("group_entered", acceptWeights && groupLast)
    m.when(groupEntered && !groupLeft) {
      groups.next((groups + 1).truncated(to: groups.width))
    }.elseWhen(!groupEntered && groupLeft) {
      groups.next(groups &- 1)
    }
    m.when(clear) {
      state.next(.idle)
      unitArmed.next(false)
      unitFed.next(false)
      statisticsComplete.next(false)
      normWaiting.next(false)
      normBusy.next(false)
      activationsReady.next(false)
      groups.next(0)
    }

    // MARK: Outputs

    m.comment("Operands, one cycle after their acceptance.")
    m.output("operand", operand)
    let loadValid = m.registered("load_write", acceptVector, reset: false)
    m.output("load_valid", loadValid)
    m.output("load_last", m.registered("load_write_last", loadLast))
    m.output("load_slot", m.registered("load_write_slot", loadSlot))
    m.output("load_word", m.registered("load_write_word", loadWord))
    m.output("load_tag", m.registered("load_write_tag", loadTag))
    m.output("weight_valid", m.registered("weight", acceptWeights, reset: false))
    m.output("weight_first", m.registered("weight_first", groupFirst))
    m.output("weight_last", m.registered("weight_last", groupLast))
    m.output("weight_final", m.registered("weight_final", matvecLast))
    m.output(
      "activation_word",
      m.registered("activation_word", (vectorBase + beatInGroup.truncated(to: addressBits)).truncated(to: addressBits)))

    m.comment("The MATVEC whose rows are on their way.")
    let start = m.registered("matvec_started", acceptInstruction && headIs(.matvec), reset: false)
    m.output("matvec_start", start)
    m.output("matvec_rows", held(m, "matvec_rows", head.field(.matvec, "rows"), acceptInstruction && headIs(.matvec)))
    m.output("matvec_last_matrix", lastMatrix)
    m.output("matvec_tag", matvecTag)

    m.comment("The armed unit.")
    m.output("unit_armed", unitArmed)
    m.output("unit_is_embed", unitIsEmbed)
    m.output("unit_is_residual", unitIsResidual)
    m.output("unit_is_mlgru", unitIsMLGRU)
    m.output("unit_is_glu", unitIsGLU)
    m.output("unit_is_argmax", unitIsArgmax)
    m.output("unit_count", unit.field(.residual, "count"))
    m.output("unit_outputs", unit.field(.residual, "outputs"))
    m.output("unit_state", unit.field(.mlgru, "state"))
    m.output("unit_tag", unitTag)

    m.comment("The newest RMSNORM.")
    let normWord = m.register("norm_word", Unsigned.self, width: 128)
    let normTag = m.register("norm_tag", Unsigned.self, width: 48)
    m.when(acceptInstruction && headIs(.rmsNorm)) {
      normWord.next(head.word)
      normTag.next(headTag)
    }
    m.output("norm_start", normStart)
    m.output("norm_word", normWord)
    m.output("norm_tag", normTag)
  }

  private func held(_ m: ModuleBuilder, _ name: String, _ value: Unsigned, _ enable: Bit) -> Unsigned {
    let register = m.register("\(name)_held", Unsigned.self, width: value.width)
    m.when(enable) { register.next(value) }
    return register
  }

  private func legality(
    _ m: ModuleBuilder, _ head: InstructionDecode, _ headIs: (Opcode) -> Bit, unit: InstructionDecode,
    unitIs: (embed: Bit, mlgru: Bit, glu: Bit), _ unitArmed: Bit, _ unitFed: Bit, _ statisticsComplete: Bit,
    _ embeddingBeats: Unsigned
  ) -> Bit {
    let c = configuration
    typealias D = InstructionDecode
    func within(_ name: String, _ value: Unsigned, _ limit: Int) -> Bit { m.wire(name, D.isWithin(value, limit)) }
    let count = m.wire("head_count", head.field(.load, "count"))
    let countFitsHidden = within("count_fits_hidden", count, c.hiddenCapacity)
    let countFitsIntermediate = within("count_fits_intermediate", count, c.intermediateCapacity)
    let countFitsVector = within("count_fits_vector", count, c.vectorCapacity)
    let countFitsVocabulary = within("count_fits_vocabulary", count, c.vocabularyCapacity)
    let pair = m.wire("head_pair", head.field(.embed, "outputs"))
    let pairValid = m.wire("head_pair_valid", pair != 0)

    m.comment("Waiting for a unit that nothing feeds would never end.")
    let starved = m.wire("unit_starved", unitArmed && !unitFed)

    let loadSlot = head.field(.load, "slot")
    let loadLegal = m.wire(
      "load_legal",
      head.reservedBitsAreZero(.load) && (loadSlot == 7).select(countFitsIntermediate, countFitsHidden) && !starved)
    let embedCapacity = m.wire("embedding_elements", embeddingBeats << indexWidth(c.halvesPerBeat))
    let embedLegal = m.wire(
      "embed_legal",
      head.reservedBitsAreZero(.embed) && countFitsHidden && pairValid && !starved
        && count.extended(to: embedCapacity.width) <= embedCapacity)
    let normLegal = m.wire(
      "norm_legal",
      head.reservedBitsAreZero(.rmsNorm) && pairValid && !starved && (unitArmed || statisticsComplete)
        && (pair == 1).select(countFitsVector, countFitsHidden))
    let stateEnd = m.wire("state_end", head.field(.mlgru, "state") + count.extended(to: 24))
    let mlgruLegal = m.wire(
      "mlgru_legal",
      head.reservedBitsAreZero(.mlgru) && countFitsHidden && !starved
        && stateEnd <= Unsigned(c.stateCapacity, width: 25))
    let gluLegal = m.wire("glu_legal", head.reservedBitsAreZero(.glu) && countFitsIntermediate && !starved)
    let residualLegal = m.wire(
      "residual_legal", head.reservedBitsAreZero(.residual) && countFitsHidden && pairValid && !starved)
    let argmaxLegal = m.wire("argmax_legal", head.reservedBitsAreZero(.argmax) && countFitsVocabulary && !starved)

    m.comment("A MATVEC must feed exactly the rows that the armed unit takes.")
    let beats = m.wire("head_beats", head.field(.matvec, "beats"))
    let vectors = m.wire("head_vectors", head.flag(.matvec, "shared").select(Unsigned(1, width: 2), pair))
    let words = m.wire("head_words", beats * vectors)
    let expected = m.wire(
      "unit_matrices",
      unitIs.mlgru.select(Unsigned(3, width: 2), unitIs.glu.select(Unsigned(2, width: 2), Unsigned(1, width: 2))))
    let matvecLegal = m.wire(
      "matvec_legal",
      head.reservedBitsAreZero(.matvec) && starved && head.field(.matvec, "rows") == unit.field(.residual, "count")
        && pair == expected && D.isWithin(words, c.activationWords))

    let legal: [(Opcode, Bit)] = [
      (.load, loadLegal), (.embed, embedLegal), (.rmsNorm, normLegal), (.mlgru, mlgruLegal), (.glu, gluLegal),
      (.residual, residualLegal), (.argmax, argmaxLegal), (.matvec, matvecLegal),
    ]
    let all = legal.dropFirst().reduce(headIs(legal[0].0) && legal[0].1) { $0 || (headIs($1.0) && $1.1) }
    return m.wire("head_legal", all)
  }
}
