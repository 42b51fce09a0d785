import HardwareDescription
import SetunCore
import SetunMachine
import TernaryArithmetic

/// Every operator, for the product's format and for the narrowest and widest one.
enum OperatorCases {
  static var all: [OperatorCase] {
    [7, 8, 15, 23].flatMap { floats(FloatFormat(exponentBits: 8, fractionBits: $0)) } + [tritDecoder]
      + [2, 6, 16, 64].map { dotTree(lanes: $0) }
  }

  private static func binary(
    _ name: String, _ module: any HardwareModule, latency: Int, _ format: FloatFormat, ports: (String, String),
    result: OperatorPort, isNear: @escaping (Int) -> Int, _ function: @escaping (SmallFloat, SmallFloat) -> UInt32
  ) -> OperatorCase {
    let corners = format.corners
    return OperatorCase(
      name: "\(name)_f\(format.fractionBits)", module: module, latency: latency,
      inputs: [OperatorPort(name: ports.0, width: format.width), OperatorPort(name: ports.1, width: format.width)],
      outputs: [result],
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
    _ name: String, _ module: any HardwareModule, latency: Int, _ format: FloatFormat, outputs: [OperatorPort],
    _ function: @escaping (SmallFloat, UnsafeMutablePointer<UInt32>) -> Void
  ) -> OperatorCase {
    let corners = format.corners
    return OperatorCase(
      name: "\(name)_f\(format.fractionBits)", module: module, latency: latency,
      inputs: [OperatorPort(name: "a", width: format.width)], outputs: outputs,
      stimulus: { n, generator, words in
        if n < corners.count {
          words[0] = corners[n]
        } else if n & 1 == 0 {
          words[0] = format.randomNumber(using: &generator)
        } else {
          words[0] = format.number(near: format.bias - 4, fraction: 0, using: &generator)
        }
      },
      expected: { function(SmallFloat(bits: $0[0]), $1) })
  }

  private static func floats(_ format: FloatFormat) -> [OperatorCase] {
    let result = OperatorPort(name: "result", width: format.width)
    let definition = format.definition
    return [
      binary(
        "multiply", FloatMultiply(format: format), latency: OperatorLatency.multiply, format, ports: ("a", "b"),
        // Products around one, the smallest and the largest number.
        result: result, isNear: { field in [2 * format.bias, format.bias, 3 * format.bias][field % 3] - field },
        { definition.multiply($0, $1).bits }),
      binary(
        "add", FloatAdd(format: format), latency: OperatorLatency.add, format, ports: ("a", "b"), result: result,
        isNear: { $0 }, { definition.add($0, $1).bits }),
      binary(
        "quantise", QuantiseLane(format: format), latency: OperatorLatency.quantise, format, ports: ("z", "k"),
        result: OperatorPort(name: "result", width: 8, isSigned: true), isNear: { 2 * format.bias + 3 - $0 },
        { UInt32(UInt8(bitPattern: format.quantise($0, by: $1))) }),
      fromInteger(format, width: 20), fromInteger(format, width: 32), fromWide(format),
      unary(
        "reciprocal", FloatReciprocal(format: format), latency: OperatorLatency.reciprocal, format, outputs: [result]
      ) { $1[0] = format.reciprocal($0).bits },
      unary(
        "root", FloatReciprocalSquareRoot(format: format), latency: OperatorLatency.reciprocalSquareRoot, format,
        outputs: [result]
      ) { $1[0] = format.reciprocalSquareRoot($0).bits },
      unary(
        "sigmoid", FloatSigmoidPair(format: format), latency: OperatorLatency.sigmoid, format,
        outputs: [
          OperatorPort(name: "positive", width: format.width), OperatorPort(name: "negative", width: format.width),
        ]
      ) {
        let pair = format.sigmoidPair($0)
        $1[0] = pair.positive.bits
        $1[1] = pair.negative.bits
      },
      unary(
        "square", FloatSquareAlign(format: format), latency: OperatorLatency.squareAlign, format,
        outputs: [OperatorPort(name: "square", width: 96)]
      ) {
        let square = WideAccumulator.square(of: $0, format)
        $1[0] = UInt32(truncatingIfNeeded: square.low)
        $1[1] = UInt32(truncatingIfNeeded: square.low >> 32)
        $1[2] = UInt32(truncatingIfNeeded: square.high)
      },
      OperatorCase(
        name: "bfloat16_f\(format.fractionBits)", module: FloatFromBFloat16(format: format), latency: 0,
        inputs: [OperatorPort(name: "half", width: 16)], outputs: [result],
        stimulus: { n, _, words in words[0] = UInt32(n & 0xFFFF) },
        expected: { $1[0] = format.fromBFloat16(UInt16($0[0])).bits }),
    ]
  }

  private static func fromInteger(_ format: FloatFormat, width: Int) -> OperatorCase {
    OperatorCase(
      name: "integer\(width)_f\(format.fractionBits)", module: FloatFromInteger(format: format, width: width),
      latency: OperatorLatency.fromInteger, inputs: [OperatorPort(name: "a", width: width, isSigned: true)],
      outputs: [OperatorPort(name: "result", width: format.width)],
      stimulus: { n, generator, words in
        let random = generator.next()
        var value = Int32(truncatingIfNeeded: random) >> Int32(random >> 32 & 31)
        if n < 32 * 64 { value = (1 << Int32(n & 31)) &+ Int32(n >> 5 & 31) &- 16 }
        if n < 32 * 64, n >> 10 == 1 { value = 0 &- value }
        words[0] = UInt32(bitPattern: value).masked(width)
      },
      expected: {
        let value = Int32(bitPattern: $0[0] << UInt32(32 - width)) >> Int32(32 - width)
        $1[0] = format.definition.fromInteger(Int(value)).bits
      })
  }

  private static func fromWide(_ format: FloatFormat) -> OperatorCase {
    OperatorCase(
      name: "wide_f\(format.fractionBits)", module: FloatFromWide(format: format), latency: OperatorLatency.fromWide,
      inputs: [OperatorPort(name: "a", width: 96)], outputs: [OperatorPort(name: "result", width: format.width)],
      stimulus: { n, generator, words in
        var value = UInt128(generator.next() & 0xFFFF_FFFF) << 64 | UInt128(generator.next())
        if n < 96 * 97 {
          // A leading one and one bit below it: exact numbers, ties, sticky bits.
          value = UInt128(1) << UInt128(n / 97)
          if n % 97 < 96 { value |= UInt128(1) << UInt128(n % 97) }
        } else {
          value >>= UInt128(generator.next() % 97)
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

  private static var tritDecoder: OperatorCase {
    OperatorCase(
      name: "trits", module: TritDecoder(), latency: OperatorLatency.tritDecode,
      inputs: [OperatorPort(name: "code", width: 8)],
      outputs: [OperatorPort(name: "trits", width: 10), OperatorPort(name: "invalid", width: 1)],
      stimulus: { n, _, words in words[0] = UInt32(n & 0xFF) },
      expected: { input, output in
        let code = UInt8(input[0])
        output[1] = code >= TernaryCode.count ? 1 : 0
        output[0] = 0
        for row in 0..<TernaryCode.rows where output[1] == 0 {
          output[0] |= UInt32(UInt8(bitPattern: TernaryCode.trit(code, row: row)) & 3) << UInt32(2 * row)
        }
      })
  }

  private static func dotTree(lanes: Int) -> OperatorCase {
    let tree = DotTree(lanes: lanes)
    return OperatorCase(
      name: "tree\(lanes)", module: tree, latency: OperatorLatency.tree(lanes: lanes),
      inputs: [OperatorPort(name: "trits", width: 2 * lanes), OperatorPort(name: "activations", width: 8 * lanes)],
      outputs: [OperatorPort(name: "sum", width: tree.sumWidth, isSigned: true)],
      stimulus: { n, generator, words in
        let tritWords = (2 * lanes + 31) / 32
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
        let tritWords = (2 * lanes + 31) / 32
        var sum: Int32 = 0
        for lane in 0..<lanes {
          let trit = Int32(bitPattern: $0[lane / 16] << UInt32(30 - lane % 16 * 2)) >> 30
          let activation = Int32(bitPattern: $0[tritWords + lane / 4] << UInt32(24 - lane % 4 * 8)) >> 24
          sum += trit * activation
        }
        $1[0] = UInt32(bitPattern: sum).masked(tree.sumWidth)
      })
  }
}
