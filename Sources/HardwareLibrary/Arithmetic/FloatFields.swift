import HardwareDescription

/// The fields of a packed machine float.
package struct FloatFields {
  package let sign: Bit
  package let exponent: Unsigned
  package let fraction: Unsigned

  package init(_ packed: Unsigned, _ format: FloatEncoding) {
    sign = packed.mostSignificantBit
    exponent = packed.slice(at: format.fractionBits, width: format.exponentBits)
    fraction = packed.slice(at: 0, width: format.fractionBits)
  }

  /// Hidden bit and fraction; 0 for zero, whose fraction is 0.
  package var significand: Unsigned { concatenate(exponent.reducedOr, fraction) }
  /// The same for a number that is not zero, and wrong for zero: nothing lies between a register and a multiplier.
  package var significandUnlessZero: Unsigned { concatenate(Bit(true), fraction) }
  package var isZero: Bit { exponent == 0 }
  /// Exponent and fraction, which order like the magnitude.
  package var magnitude: Unsigned { concatenate(exponent, fraction) }
}

extension ModuleBuilder {
  package func floatInput(
    _ name: String, _ format: FloatEncoding, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Unsigned {
    input(name, Unsigned.self, width: format.width, file: file, line: line, column: column)
  }

  /// The last two stages of an operator that rounds: registers what the rounding needs, then adds the rounding bit to
  /// exponent and fraction at once, so that its carry reaches the exponent; flushes and saturates. Beside the
  /// addition, not behind it, the range is judged: the exponent grows when the bit meets a fraction that `isAllOnes`.
  func packedFloat(
    _ format: FloatEncoding, sign: Bit, exponent: Signed, fraction: Unsigned, roundUp: Bit, isAllOnes: Bit,
    isZero: Bit, flushes: Bool, saturates: Bool
  ) -> Unsigned {
    let sign = registered("sign", sign)
    let field = registered("exponent", exponent)
    let fractionQ = registered("fraction", fraction)
    let roundUpQ = registered("round_up", roundUp)
    let isZeroQ = registered("is_zero", isZero)

    comment("Round and pack.")
    let magnitude = wire(
      "magnitude",
      concatenate(field.slice(at: 0, width: format.exponentBits), fractionQ) &+ roundUpQ.asUnsigned)
    var packed = concatenate(sign, magnitude)
    let carries = flushes || saturates ? registered("carries", roundUp && isAllOnes) : Bit(false)
    if saturates {
      let largestField = Signed(format.largestExponentField)
      let isTooLarge = wire("is_too_large", field > largestField || (field == largestField && carries))
      let largest = Unsigned(format.largestMagnitude, width: format.width - 1)
      packed = isTooLarge.select(concatenate(sign, largest), packed)
    } else if !flushes {
      unused(field.slice(at: format.exponentBits, width: exponent.width - format.exponentBits))
    }
    var isFlushed = isZeroQ
    if flushes {
      isFlushed = wire("is_flushed", isZeroQ || field < Signed(0) || (field == Signed(0) && !carries))
    }
    return registered("result", isFlushed.select(Unsigned(0, width: format.width), packed))
  }

  /// Three stages: normalises `value`, whose highest bit has the exponent field `topField`, and rounds it to nearest
  /// even. The lowest bit may be sticky.
  package func normalisedFloat(
    _ format: FloatEncoding, sign: Bit, topField: Signed, value: Unsigned, flushes: Bool, saturates: Bool
  ) -> Unsigned {
    let fractionBits = format.fractionBits
    // Hidden bit, fraction, guard and at least one bit below, in digits of four bits.
    let digits = (max(value.width, fractionBits + 3) + 3) / 4
    let width = 4 * digits
    let padding = width - value.width
    let padded = padding == 0 ? value : wire("padded", concatenate(value, Unsigned(0, width: padding)))

    comment("Normalise by whole digits of four bits.")
    var digit = Unsigned(digits - 1, width: indexWidth(digits))
    for index in (0..<digits - 1).reversed() {
      let isSet = padded.slice(at: width - 4 * (index + 1), width: 4).reducedOr
      digit = isSet.select(Unsigned(index, width: digit.width), digit)
    }
    let leadingDigit = wire("leading_digit", digit)
    let coarse = registered("coarse", padded << concatenate(leadingDigit, Unsigned(0, width: 2)))
    let leadingDigitQ = registered("leading_digit", leadingDigit)
    let coarseSign = registered("coarse_sign", sign)
    let coarseField = delayed("coarse_field", topField, by: 1)

    comment("Normalise by the last three bits; choose the rounding.")
    var position = Unsigned(3, width: 2)
    for index in (0..<3).reversed() {
      position = coarse[width - 1 - index].select(Unsigned(index, width: 2), position)
    }
    let zeros = wire("zeros", position)
    let normal = wire("normal", coarse << zeros)
    let fraction = wire("normal_fraction", normal.slice(at: width - 1 - fractionBits, width: fractionBits))
    let guardBit = normal[width - 2 - fractionBits]
    let rest = normal.slice(at: 0, width: width - 2 - fractionBits).reducedOr
    let shift = concatenate(leadingDigitQ, zeros).signedValue
    return packedFloat(
      format, sign: coarseSign, exponent: coarseField &- shift, fraction: fraction,
      roundUp: wire("rounds_up", guardBit && (rest || fraction[0])), isAllOnes: fraction.reducedAnd,
      isZero: !normal[width - 1], flushes: flushes,
      saturates: saturates)
  }
}
