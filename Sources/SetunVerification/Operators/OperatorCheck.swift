import SeededRandom
import SetunMachine
import TernaryArithmetic
import VerilatorBridge

/// What one operator of the core must give for which operands: the definition in `TernaryArithmetic`, the latency in
/// `OperatorLatency`.
///
/// It needs the emitted module only, so it can be run on any SystemVerilog with the ports of the operator, also on one
/// that was changed on purpose.
public struct OperatorCheck: Sendable, Identifiable {
  /// Module and ports.
  public let ports: OperatorPorts
  /// Cycles from operands to result; 0 for combinational modules.
  public let latency: Int
  /// Writes the input words of vector n; the first vectors are the directed ones.
  let stimulus: @Sendable (_ n: Int, inout SeededGenerator, UnsafeMutablePointer<UInt32>) -> Void
  /// Writes the output words that belong to input words.
  let expected: @Sendable (UnsafePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Void
  /// Whether the definition says what an output word is, given the expected ones.
  let isSpecified: @Sendable (_ word: Int, UnsafePointer<UInt32>) -> Bool
  /// Whether a word is an operand, of operators with one operand of at most 24 bits; nil for others.
  let isOperand: (@Sendable (UInt32) -> Bool)?

  public var id: String { ports.module }

  init(
    _ module: String, latency: Int, inputs: [OperatorPorts.Port], outputs: [OperatorPorts.Port],
    stimulus: @escaping @Sendable (Int, inout SeededGenerator, UnsafeMutablePointer<UInt32>) -> Void,
    isSpecified: @escaping @Sendable (Int, UnsafePointer<UInt32>) -> Bool = { _, _ in true },
    isOperand: (@Sendable (UInt32) -> Bool)? = nil,
    expected: @escaping @Sendable (UnsafePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Void
  ) {
    ports = OperatorPorts(module: module, inputs: inputs, outputs: outputs, isClocked: latency > 0)
    self.latency = latency
    self.stimulus = stimulus
    self.expected = expected
    self.isSpecified = isSpecified
    self.isOperand = ports.inputs.count == 1 && ports.inputs[0].width <= 24 ? isOperand : nil
  }

  /// Vectors that reach every directed operand and every significand of the tables.
  public static let defaultVectors = 200_000

  /// Feeds the operators of a model, a vector each in every cycle, up to the first chunk with a difference.
  ///
  /// - Parameters:
  ///   - checks: of the model's operators, in their order.
  ///   - model: built from the ports of the checks.
  ///   - seed: of the random vectors.
  /// - Returns: a sentence for each operator that differs, with its first difference; none when all are as defined.
  public static func findings(
    of checks: [OperatorCheck], on model: OperatorModel, vectors: Int = defaultVectors, seed: UInt64 = 1
  ) -> [String] {
    var generators = checks.indices.map { SeededGenerator(seed: seed &+ UInt64($0)) }
    return findings(of: checks, on: model, vectors: vectors) { index, n, words in
      checks[index].stimulus(n, &generators[index], words)
    }
  }

  /// Whether every operand of it can be tried.
  public var isExhaustible: Bool { isOperand != nil }

  /// Feeds one operator every operand there is, in ascending order and in another one.
  ///
  /// - Returns: a sentence with the first difference; nil when the operator is as defined for each operand.
  /// - Precondition: the operator is exhaustible.
  public func findingOfAllOperands(on model: OperatorModel) -> String? {
    guard let isOperand else { preconditionFailure("\(id) has too many operands") }
    let count = 1 << ports.inputs[0].width
    return Self.findings(of: [self], on: model, vectors: 2 * count) { _, n, words in
      let word = UInt32(truncatingIfNeeded: n < count ? n : n &* 0x9E37_79B1) & UInt32(count - 1)
      words[0] = isOperand(word) ? word : 0
    }.first
  }

  private static func findings(
    of checks: [OperatorCheck], on model: OperatorModel, vectors: Int,
    stimulus: (_ index: Int, _ n: Int, UnsafeMutablePointer<UInt32>) -> Void
  ) -> [String] {
    let inputWords = checks.reduce(0) { $0 + $1.ports.inputWords }
    let outputWords = checks.reduce(0) { $0 + $1.ports.outputWords }
    let margin = (checks.map(\.latency).max() ?? 0) + 1
    let chunk = 4096
    var input = [UInt32](repeating: 0, count: (chunk + margin) * inputWords)
    var output = [UInt32](repeating: 0, count: (chunk + margin) * outputWords)
    var expected = [UInt32](repeating: 0, count: outputWords)
    var findings: [String] = []
    for start in stride(from: 0, to: vectors, by: chunk) where findings.isEmpty {
      input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          expected.withUnsafeMutableBufferPointer { expected in
            guard let input = input.baseAddress, let output = output.baseAddress, let expected = expected.baseAddress
            else { return }
            var (inputOffset, outputOffset) = (0, 0)
            for (index, check) in checks.enumerated() {
              for n in 0..<chunk { stimulus(index, start + n, input + n * inputWords + inputOffset) }
              inputOffset += check.ports.inputWords
            }
            model.run(input, output, cycles: chunk + margin)
            inputOffset = 0
            for check in checks {
              let difference = check.difference(
                in: chunk, input + inputOffset, inputWords, output + outputOffset, outputWords, expected)
              if let difference {
                findings.append("\(check.id), vector \(start + difference.vector), \(difference.text)")
              }
              inputOffset += check.ports.inputWords
              outputOffset += check.ports.outputWords
            }
          }
        }
      }
    }
    return findings
  }

  /// The first vector of a chunk whose result is not as defined.
  private func difference(
    in chunk: Int, _ input: UnsafePointer<UInt32>, _ inputStride: Int, _ output: UnsafePointer<UInt32>,
    _ outputStride: Int, _ wanted: UnsafeMutablePointer<UInt32>
  ) -> (vector: Int, text: String)? {
    for n in 0..<chunk {
      let words = input + n * inputStride
      let found = output + (n + latency) * outputStride
      expected(words, wanted)
      for word in 0..<ports.outputWords where wanted[word] != found[word] && isSpecified(word, wanted) {
        let operands = (0..<ports.inputWords).map { String(words[$0], radix: 16) }.joined(separator: " ")
        let (result, right) = (String(found[word], radix: 16), String(wanted[word], radix: 16))
        return (n, "operands \(operands): word \(word) is \(result), not \(right)")
      }
    }
    return nil
  }
}
