import SetunMachine
import TernaryArithmetic
import VerilatorBridge

extension OperatorCheck {
  private typealias Port = OperatorPorts.Port

  /// Every operator of a machine.
  public static func all(_ configuration: Configuration) -> [OperatorCheck] {
    all(
      format: FloatFormat(exponentBits: 8, fractionBits: configuration.fractionBits),
      integerWidths: [configuration.sumBits], treeLanes: [configuration.lanes])
  }

  /// Every operator of a format.
  ///
  /// - Parameters:
  ///   - integerWidths: bits of the integers that are converted, at most 32.
  ///   - treeLanes: inputs of the dot-product trees.
  public static func all(format: FloatFormat, integerWidths: [Int], treeLanes: [Int]) -> [OperatorCheck] {
    floats(format) + integerWidths.map { fromInteger(format, width: $0) } + [fromWide(format), fromBFloat16(format)]
      + [tritDecoder] + treeLanes.map { dotTree(lanes: $0) }
  }

  // MARK: Floats

  private static func suffix(_ format: FloatFormat) -> String { "e\(format.exponentBits)f\(format.fractionBits)" }

  private static func floats(_ format: FloatFormat) -> [OperatorCheck] {
    let result = Port("result", width: format.width)
    let definition = format.definition
    return [
      binary(
        "float_multiply", latency: OperatorLatency.multiply, format, ports: ("a", "b"), result: result,
        // Products around one, the smallest and the largest number.
        isNear: { field in [2 * format.bias, format.bias, 3 * format.bias][field % 3] - field },
        { definition.multiply($0, $1).bits }),
      binary(
        "float_add", latency: OperatorLatency.add, format, ports: ("a", "b"), result: result, isNear: { $0 },
        { definition.add($0, $1).bits }),
      binary(
        "quantise_lane", latency: OperatorLatency.quantise, format, ports: ("z", "k"), result: Port("result", width: 8),
        isNear: { 2 * format.bias + 3 - $0 }, { UInt32(UInt8(bitPattern: format.quantise($0, by: $1))) }),
      unary("float_reciprocal", latency: OperatorLatency.reciprocal, format, outputs: [result]) {
        $1[0] = format.reciprocal($0).bits
      },
      unary("float_reciprocal_square_root", latency: OperatorLatency.reciprocalSquareRoot, format, outputs: [result]) {
        $1[0] = format.reciprocalSquareRoot($0).bits
      },
      unary(
        "float_sigmoid_pair", latency: OperatorLatency.sigmoid, format,
        outputs: [Port("positive", width: format.width), Port("negative", width: format.width)]
      ) {
        let pair = format.sigmoidPair($0)
        $1[0] = pair.positive.bits
        $1[1] = pair.negative.bits
      },
      unary(
        "float_square_align", latency: OperatorLatency.squareAlign, format,
        outputs: [Port("square", width: WideAccumulator.width)]
      ) {
        let square = WideAccumulator.square(of: $0, format)
        $1[0] = UInt32(truncatingIfNeeded: square.low)
        $1[1] = UInt32(truncatingIfNeeded: square.low >> 32)
        $1[2] = UInt32(truncatingIfNeeded: square.high)
      },
    ]
  }

  private static func binary(
    _ name: String, latency: Int, _ format: FloatFormat, ports: (String, String), result: Port,
    isNear: @escaping @Sendable (Int) -> Int, _ function: @escaping @Sendable (SmallFloat, SmallFloat) -> UInt32
  ) -> OperatorCheck {
    let corners = format.corners
    return OperatorCheck(
      "\(name)_\(suffix(format))", latency: latency,
      inputs: [Port(ports.0, width: format.width), Port(ports.1, width: format.width)], outputs: [result],
      stimulus: { n, generator, words in
        if n < corners.count * corners.count {
          words[0] = corners[n / corners.count]
          words[1] = corners[n % corners.count]
        } else {
          words[0] = format.randomNumber(using: &generator)
          let field = Int(words[0] & format.magnitudeMask) >> format.fractionBits
          words[1] =
            n & 3 == 0
            ? format.randomNumber(using: &generator)
            : format.number(near: isNear(field), fraction: words[0], using: &generator)
        }
      },
      expected: { $1[0] = function(SmallFloat(bits: $0[0]), SmallFloat(bits: $0[1])) })
  }

  private static func unary(
    _ name: String, latency: Int, _ format: FloatFormat, outputs: [Port],
    _ function: @escaping @Sendable (SmallFloat, UnsafeMutablePointer<UInt32>) -> Void
  ) -> OperatorCheck {
    let corners = format.corners
    return OperatorCheck(
      "\(name)_\(suffix(format))", latency: latency, inputs: [Port("a", width: format.width)], outputs: outputs,
      stimulus: { n, generator, words in
        if n < corners.count {
          words[0] = corners[n]
        } else if n & 1 == 0 {
          // Every significand with an even and an odd exponent, for every row of a table, as far as the vectors reach.
          let number = UInt32(truncatingIfNeeded: (n - corners.count) / 2)
          let field = format.bias + Int(number >> UInt32(format.fractionBits)) % 2
          words[0] = UInt32(field << format.fractionBits) | (number &* 0x9E37_79B1) & format.fractionMask
        } else if n & 2 == 0 {
          words[0] = format.randomNumber(using: &generator)
        } else {
          words[0] = format.number(near: format.bias - 4, fraction: 0, using: &generator)
        }
      },
      isOperand: { word in
        let field = Int(word & format.magnitudeMask) >> format.fractionBits
        return word == 0 || (1...format.largestExponentField).contains(field)
      },
      expected: { function(SmallFloat(bits: $0[0]), $1) })
  }

  // MARK: Conversions

  private static func fromBFloat16(_ format: FloatFormat) -> OperatorCheck {
    OperatorCheck(
      "float_from_bfloat16_\(suffix(format))", latency: 0, inputs: [Port("half", width: 16)],
      outputs: [Port("result", width: format.width)],
      stimulus: { n, _, words in words[0] = UInt32(n & 0xFFFF) }, isOperand: { _ in true },
      expected: { $1[0] = format.fromBFloat16(UInt16($0[0])).bits })
  }

  private static func fromInteger(_ format: FloatFormat, width: Int) -> OperatorCheck {
    OperatorCheck(
      "float_from_integer\(width)_\(suffix(format))", latency: OperatorLatency.fromInteger,
      inputs: [Port("a", width: width)], outputs: [Port("result", width: format.width)],
      stimulus: { n, generator, words in
        let random = generator.next()
        var value = Int32(truncatingIfNeeded: random) >> Int32(random >> 32 & 31)
        if n < 32 * 64 { value = (1 << Int32(n & 31)) &+ Int32(n >> 5 & 31) &- 16 }
        if n < 32 * 64, n >> 10 == 1 { value = 0 &- value }
        words[0] = UInt32(bitPattern: value).masked(width)
      },
      isOperand: { _ in true },
      expected: {
        let value = Int32(bitPattern: $0[0] << UInt32(32 - width)) >> Int32(32 - width)
        $1[0] = format.definition.fromInteger(Int(value)).bits
      })
  }

  private static func fromWide(_ format: FloatFormat) -> OperatorCheck {
    let width = WideAccumulator.width
    return OperatorCheck(
      "float_from_wide_\(suffix(format))", latency: OperatorLatency.fromWide, inputs: [Port("a", width: width)],
      outputs: [Port("result", width: format.width)],
      stimulus: { n, generator, words in
        var value = UInt128(generator.next() & 0xFFFF_FFFF) << 64 | UInt128(generator.next())
        if n < width * (width + 1) {
          // A leading one and one bit below it: exact numbers, ties, sticky bits.
          value = UInt128(1) << UInt128(n / (width + 1))
          if n % (width + 1) < width { value |= UInt128(1) << UInt128(n % (width + 1)) }
        } else {
          value >>= UInt128(generator.next() % UInt64(width + 1))
          if n & 1 == 0 {
            // One bit more or less than few significant bits.
            let keep = UInt128(format.fractionBits + 2)
            let bits = UInt128(128 - value.leadingZeroBitCount)
            if bits > keep {
              value = (value >> (bits - keep)) << (bits - keep)
              if n & 2 == 0 { value -= 1 } else if n & 4 == 0 { value += 1 }
            }
          }
        }
        for word in 0..<3 { words[word] = UInt32(truncatingIfNeeded: value >> UInt128(32 * word)) }
      },
      expected: {
        let sum = WideAccumulator(high: UInt64($0[2]), low: UInt64($0[1]) << 32 | UInt64($0[0]))
        $1[0] = sum.toSmallFloat(format).bits
      })
  }

  // MARK: Trits

  private static var tritDecoder: OperatorCheck {
    OperatorCheck(
      "trit_decoder", latency: OperatorLatency.tritDecode, inputs: [Port("code", width: 8)],
      outputs: [Port("trits", width: 2 * TernaryCode.rows), Port("invalid", width: 1)],
      stimulus: { n, _, words in words[0] = UInt32(n & 0xFF) },
      // Bytes that are no codes have no trits.
      isSpecified: { word, output in word == 1 || output[1] == 0 }, isOperand: { _ in true },
      expected: { input, output in
        let code = UInt8(input[0])
        output[1] = code >= TernaryCode.count ? 1 : 0
        output[0] = 0
        for row in 0..<TernaryCode.rows where output[1] == 0 {
          output[0] |= UInt32(UInt8(bitPattern: TernaryCode.trit(code, row: row)) & 3) << UInt32(2 * row)
        }
      })
  }

  private static func dotTree(lanes: Int) -> OperatorCheck {
    let sumBits = bitWidth(of: 127 * lanes) + 1
    let tritWords = (2 * lanes + 31) / 32
    return OperatorCheck(
      "dot_tree_\(lanes)", latency: OperatorLatency.tree(lanes: lanes),
      inputs: [Port("trits", width: 2 * lanes), Port("activations", width: 8 * lanes)],
      outputs: [Port("sum", width: sumBits)],
      stimulus: { n, generator, words in
        for word in 0..<tritWords + (8 * lanes + 31) / 32 { words[word] = 0 }
        for lane in 0..<lanes {
          let random = generator.next()
          var trit = Int8(random % 3) - 1
          var activation = Int8(truncatingIfNeeded: Int(random >> 32 % 255) % 255 - 127)
          if n < 4 {
            trit = n & 1 == 0 ? 1 : -1
            activation = n & 2 == 0 ? 127 : -127
          }
          words[lane / 16] |= UInt32(UInt8(bitPattern: trit) & 3) << UInt32(lane % 16 * 2)
          words[tritWords + lane / 4] |= UInt32(UInt8(bitPattern: activation)) << UInt32(lane % 4 * 8)
        }
      },
      expected: {
        var sum: Int32 = 0
        for lane in 0..<lanes {
          let trit = Int32(bitPattern: $0[lane / 16] << UInt32(30 - lane % 16 * 2)) >> 30
          let activation = Int32(bitPattern: $0[tritWords + lane / 4] << UInt32(24 - lane % 4 * 8)) >> 24
          sum += trit * activation
        }
        $1[0] = UInt32(bitPattern: sum).masked(sumBits)
      })
  }
}
