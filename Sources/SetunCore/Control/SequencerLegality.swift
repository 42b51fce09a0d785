import HardwareDescription
import SetunMachine

/// The operation code of an instruction word, one wire each.
struct OpcodeBits {
  private var bits: [Opcode: Bit] = [:]

  init(_ m: ModuleBuilder, _ prefix: String, _ word: InstructionDecode) {
    for opcode in Opcode.allCases {
      let name = InstructionSet[opcode].mnemonic.lowercased()
      bits[opcode] = m.wire("\(prefix)_is_\(name)", word.isOpcode(opcode))
    }
  }

  subscript(opcode: Opcode) -> Bit { bits[opcode] ?? Bit(false) }
}

/// What the machine cannot execute: `Instruction.violation` in hardware, and orders that would never end.
struct SequencerLegality {
  let configuration: Configuration
  let opcodes: OpcodeBits
  /// The instruction that is judged.
  let word: InstructionDecode

  /// The instruction is legal, given the armed unit's count and kind and the newest RMSNORM's count and vectors.
  func instruction(
    _ m: ModuleBuilder, unitCount: Unsigned, unitIs: (mlgru: Bit, glu: Bit), statisticsCome: Bit,
    activationsCome: Bit, norm: (count: Unsigned, matrices: Unsigned), embeddingBeats: Unsigned
  ) -> Bit {
    let c = configuration
    m.comment("No bit outside the fields is set, and counts fit the memories.")
    func fits(_ name: String, _ value: Unsigned, _ limit: Int) -> Bit {
      m.wire(name, InstructionDecode.isWithin(value, limit))
    }
    let count = m.wire("issued_count", word.field(.load, "count"))
    let countFitsHidden = fits("count_fits_hidden", count, c.hiddenCapacity)
    let countFitsIntermediate = fits("count_fits_intermediate", count, c.intermediateCapacity)
    let countFitsVector =
      c.vectorCapacity == c.intermediateCapacity
      ? countFitsIntermediate : fits("count_fits_vector", count, c.vectorCapacity)
    let countFitsVocabulary = fits("count_fits_vocabulary", count, c.vocabularyCapacity)
    let vectors = m.wire("issued_vectors", word.field(.embed, "outputs"))
    let hasVectors = m.wire("issued_has_vectors", vectors != 0)

    let slotIsDown = m.wire("issued_slot_is_down", word.field(.load, "slot") == 7)
    let load = m.wire(
      "load_is_legal", word.reservedBitsAreZero(.load) && slotIsDown.select(countFitsIntermediate, countFitsHidden))
    m.comment("The embedding row has the beats of this many elements.")
    let fillsRow = fillsEmbeddingRow(m, count, embeddingBeats)
    let embed = m.wire(
      "embed_is_legal", word.reservedBitsAreZero(.embed) && countFitsHidden && hasVectors && fillsRow)
    let rmsNorm = m.wire(
      "rmsnorm_is_legal",
      word.reservedBitsAreZero(.rmsNorm) && hasVectors && statisticsCome
        && (vectors == 1).select(countFitsVector, countFitsHidden))
    let stateWord = word.field(.mlgru, "state")
    let state = c.rowLanes == 1 ? stateWord : stateWord * Unsigned(c.rowLanes, width: 3)
    let stateEnd = m.wire("issued_state_end", state + count.extended(to: state.width))
    let mlgru = m.wire(
      "mlgru_is_legal",
      word.reservedBitsAreZero(.mlgru) && countFitsHidden
        && stateEnd <= Unsigned(c.stateCapacity, width: stateEnd.width))
    let glu = m.wire("glu_is_legal", word.reservedBitsAreZero(.glu) && countFitsIntermediate)
    let residual = m.wire(
      "residual_is_legal", word.reservedBitsAreZero(.residual) && countFitsHidden && hasVectors)
    let argmax = m.wire("argmax_is_legal", word.reservedBitsAreZero(.argmax) && countFitsVocabulary)

    m.comment(
      "A MATVEC makes exactly the rows that the armed unit takes, from exactly the activations of the newest RMSNORM.")
    let unitMatrices = m.wire(
      "unit_matrices",
      unitIs.mlgru.select(Unsigned(3, width: 2), unitIs.glu.select(Unsigned(2, width: 2), Unsigned(1, width: 2))))
    let makesUnitRows = m.wire(
      "makes_unit_rows",
      word.field(.matvec, "rows") == unitCount && word.field(.matvec, "matrices") == unitMatrices)
    let readVectors = m.wire(
      "issued_read_vectors", word.flag(.matvec, "shared").select(Unsigned(1, width: 2), word.field(.matvec, "matrices"))
    )
    let activationBeats = m.wire("norm_beats", beats(norm.count, c.lanes))
    let readsActivations = m.wire(
      "reads_activations",
      activationsCome && word.field(.matvec, "beats") == activationBeats.extended(to: 16)
        && readVectors == norm.matrices)
    var matvecRules = word.reservedBitsAreZero(.matvec) && makesUnitRows && readsActivations
    if c.channels > 1 {
      m.comment("The next slot's channels are found out while one is taken.")
      matvecRules = matvecRules && word.field(.matvec, "beats") > 1
    }
    let matvec = m.wire("matvec_is_legal", matvecRules)

    let rules: [(Opcode, Bit)] = [
      (.load, load), (.embed, embed), (.rmsNorm, rmsNorm), (.mlgru, mlgru), (.glu, glu), (.residual, residual),
      (.argmax, argmax), (.matvec, matvec),
    ]
    let all = rules.dropFirst().reduce(opcodes[rules[0].0] && rules[0].1) { $0 || (opcodes[$1.0] && $1.1) }
    return m.wire("is_legal", all)
  }

  /// An embedding row of `embeddingBeats` beats is what `count` elements take.
  private func fillsEmbeddingRow(_ m: ModuleBuilder, _ count: Unsigned, _ embeddingBeats: Unsigned) -> Bit {
    let perBeat = configuration.halvesPerStep
    guard configuration.rowLanes > 1 else {
      return m.wire("issued_element_beats", beats(count, perBeat)).extended(to: 16) == embeddingBeats
    }
    // No power of two: the row's elements are compared, which are stable for a run.
    let rowElements = m.wire("row_elements", embeddingBeats * Unsigned(perBeat))
    let width = rowElements.width + 1
    let most = count.extended(to: width) + Unsigned(perBeat, width: width)
    return count.extended(to: rowElements.width) <= rowElements && rowElements.extended(to: most.width) < most
  }

  /// Beats of `perBeat` elements that hold `count` elements.
  private func beats(_ count: Unsigned, _ perBeat: Int) -> Unsigned {
    (count + Unsigned(perBeat - 1, width: count.width)) >> indexWidth(perBeat)
  }
}
