import Checkpoint
import Testing

@Suite("The reference engine against the released implementation's results")
struct ReferenceEngineTests {
  @Test("the argmax of the logits agrees", arguments: [(Fixture.tales1M, 0.99), (.tales5M, 0.98)])
  func argmaxAgrees(fixture: Fixture, bar: Double) throws {
    let checkpoint = try fixture.checkpoint()
    let golden = try fixture.golden()
    let ids = try golden.tensor("input_ids")
    let tokens = try ids.integers()
    let length = ids.shape[1]
    let vocabulary = checkpoint.configuration.vocabularySize
    let expected = try golden.tensor("logits").floats()
    var engine = ReferenceEngine(try ReferenceModel(checkpoint))
    var agreeing = 0
    var differences: [Float] = []
    let sequences = (0..<ids.shape[0]).map { Array(tokens[$0 * length..<($0 + 1) * length]) }
    try engine.logits(sequences: sequences) { sequence, logits in
      for position in 0..<length {
        let start = (sequence * length + position) * vocabulary
        let wanted = expected[start..<start + vocabulary]
        let found = logits[position * vocabulary..<(position + 1) * vocabulary]
        if firstMaximum(wanted) == firstMaximum(found) { agreeing += 1 }
        differences += zip(wanted, found).map { abs($0 - $1) }
      }
    }
    let share = Double(agreeing) / Double(tokens.count)
    differences.sort()
    print("\(fixture.rawValue): argmax equal \(share), median logit difference \(differences[differences.count / 2])")
    #expect(share >= bar)
  }

  @Test("the mean negative log-likelihood agrees within 0.005", arguments: Fixture.allCases)
  func likelihoodAgrees(fixture: Fixture) throws {
    let golden = try fixture.golden()
    let ids = try golden.tensor("eval_ids")
    let tokens = try ids.integers()
    let length = ids.shape[1]
    let sequences = (0..<ids.shape[0]).map { Array(tokens[$0 * length..<($0 + 1) * length]) }
    var engine = ReferenceEngine(try ReferenceModel(fixture.checkpoint()))
    var evaluation = Evaluation()
    let clock = ContinuousClock()
    let start = clock.now
    try engine.logits(sequences: sequences.map { $0.dropLast() }) { sequence, logits in
      evaluation.add(logits: logits, targets: Array(sequences[sequence].dropFirst()))
    }
    let expected = try #require(golden.tensor("eval_nll").doubles().first)
    let time = clock.now - start
    print("\(fixture.rawValue): nll \(evaluation.nll), golden \(expected), \(evaluation.tokens) tokens in \(time)")
    #expect(evaluation.tokens == ids.shape[0] * (length - 1))
    #expect(abs(evaluation.nll - expected) <= 0.005)
  }

  @Test("hidden states of the first tokens agree to rounding", arguments: Fixture.allCases)
  func hiddenStatesAgree(fixture: Fixture) throws {
    let golden = try fixture.golden()
    let tokens = try golden.tensor("input_ids").integers()
    let checkpoint = try fixture.checkpoint()
    let size = checkpoint.configuration.hiddenSize
    let layers = checkpoint.configuration.layerCount
    var engine = ReferenceEngine(try ReferenceModel(checkpoint))
    let expected = try (0...layers).map { try golden.tensor("hidden.\($0)").floats() }
    var errors = [[Float]](repeating: [], count: layers + 1)
    for position in 0..<8 {
      let hidden = try engine.stepWithHiddenStates(tokens[position]).hidden
      for layer in 0...layers {
        for index in 0..<size {
          let wanted = expected[layer][position * size + index]
          errors[layer].append(abs(hidden[layer][index] - wanted) / max(abs(wanted), .leastNormalMagnitude))
        }
      }
    }
    let medians = errors.map { $0.sorted()[$0.count / 2] }
    print("\(fixture.rawValue): median relative error of hidden.0 ... hidden.\(layers): \(medians)")
    #expect(medians[0] == 0)
    if fixture == .tales1M { #expect(medians[layers] <= 1e-5) }
  }

  @Test("greedy continuations agree where the released implementation is sure", arguments: Fixture.allCases)
  func greedyContinuationsAgree(fixture: Fixture) throws {
    let golden = try fixture.golden()
    var engine = ReferenceEngine(try ReferenceModel(fixture.checkpoint()))
    for number in 0..<4 {
      let expected = try golden.tensor("greedy.\(number)").integers()
      let margins = try golden.tensor("greedy_margin.\(number)").floats()
      let promptCount = expected.count - margins.count
      var generated: [Int] = []
      try engine.generate(prompt: Array(expected[..<promptCount]), count: margins.count, endToken: nil) {
        generated.append($0)
      }
      let wanted = Array(expected[promptCount...])
      if let place = zip(generated, wanted).enumerated().first(where: { $1.0 != $1.1 })?.offset {
        print("\(fixture.rawValue) greedy.\(number): parts at \(place), margin \(margins[place])")
        #expect(margins[place] < 0.1)
      }
    }
  }
}
