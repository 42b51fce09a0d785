/// Something that runs a language model: the float reference, the simulator, or the RTL.
public protocol LanguageEngine {
  var configuration: ModelConfiguration { get }

  /// Runs one sequence from a cleared state and returns the logits after each token, [tokens.count][vocabulary],
  /// row-major.
  mutating func logits(_ tokens: [Int]) throws -> [Float]

  /// Runs several sequences, each from a cleared state, and delivers the logits of each as `logits(_:)` returns
  /// them, in order. An engine with a faster way for many sequences implements it; the default runs one after another.
  mutating func logits(sequences: [[Int]], deliver: (_ sequence: Int, _ logits: [Float]) throws -> Void) throws

  /// From a cleared state, runs the prompt and then generates greedily (the first maximum wins).
  ///
  /// `deliver` gets each token as it is made. Generation ends after `count` tokens, or when the token made is
  /// `endToken`, which is delivered too.
  mutating func generate(
    prompt: [Int], count: Int, endToken: Int?, deliver: (_ token: Int) throws -> Void) throws

  /// As `generate(prompt:count:endToken:deliver:)`, but the host chooses each token from the logits.
  mutating func generate(
    prompt: [Int], count: Int, endToken: Int?, sampler: Sampler, deliver: (_ token: Int) throws -> Void) throws
}

extension LanguageEngine {
  public mutating func logits(
    sequences: [[Int]], deliver: (_ sequence: Int, _ logits: [Float]) throws -> Void
  ) throws {
    for (number, tokens) in sequences.enumerated() { try deliver(number, logits(tokens)) }
  }
}

/// An engine that can be advanced token by token, and shows its hidden states.
public protocol SteppingEngine: LanguageEngine {
  /// Clears the recurrent state, as at the start of a sequence.
  mutating func reset()

  /// Advances by one token and returns the logits, [vocabulary].
  mutating func step(_ token: Int) throws -> [Float]

  /// Advances by one token without computing its logits.
  mutating func advance(_ token: Int) throws

  /// Advances by one token and also returns hidden[N], the input of layer N, N = 0 ..< L, and hidden[L], the output of
  /// the final norm, each [hiddenSize].
  mutating func stepWithHiddenStates(_ token: Int) throws -> (logits: [Float], hidden: [[Float]])
}

extension SteppingEngine {
  public mutating func logits(_ tokens: [Int]) throws -> [Float] {
    reset()
    var result: [Float] = []
    result.reserveCapacity(tokens.count * configuration.vocabularySize)
    for token in tokens { result += try step(token) }
    return result
  }

  public mutating func generate(
    prompt: [Int], count: Int, endToken: Int?, deliver: (_ token: Int) throws -> Void
  ) throws {
    try generate(prompt: prompt, count: count, endToken: endToken, sampler: .greedy, deliver: deliver)
  }

  public mutating func generate(
    prompt: [Int], count: Int, endToken: Int?, sampler: Sampler, deliver: (_ token: Int) throws -> Void
  ) throws {
    guard let last = prompt.last else { throw CheckpointError.input(problem: "The prompt has no token") }
    reset()
    for token in prompt.dropLast() { try advance(token) }
    var sampler = sampler
    var token = last
    for _ in 0..<count {
      token = sampler.choose(try step(token))
      try deliver(token)
      if token == endToken { break }
    }
  }
}

/// The index of the first of the largest values; 0 for an empty sequence.
public func firstMaximum(_ values: some Sequence<Float>) -> Int {
  var best = 0
  var largest = -Float.infinity
  for (index, value) in values.enumerated() where value > largest {
    largest = value
    best = index
  }
  return best
}

/// How well logits predict tokens.
public struct Evaluation: Sendable {
  /// The sum over all predictions of the negative log-likelihood, in nats.
  public private(set) var total = 0.0
  /// Predictions so far.
  public private(set) var tokens = 0

  public init() {}

  /// Mean nats per predicted token; 0 before the first.
  public var nll: Double { tokens == 0 ? 0 : total / Double(tokens) }

  /// Adds predictions: `logits` [targets.count][vocabulary] row-major, `targets` the tokens that really followed.
  public mutating func add(logits: [Float], targets: [Int]) {
    guard !targets.isEmpty else { return }
    let vocabulary = logits.count / targets.count
    for (position, target) in targets.enumerated() {
      let row = logits[position * vocabulary..<(position + 1) * vocabulary]
      let largest = Double(row.max() ?? 0)
      let sum = row.reduce(0.0) { $0 + exponential(Double($1) - largest) }
      total += largest + logarithm(sum) - Double(row[row.startIndex + target])
      tokens += 1
    }
  }
}
