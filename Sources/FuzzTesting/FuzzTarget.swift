#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A loader with the inputs to begin with and the ways to spoil them.
public struct FuzzTarget: Sendable {
  public let name: String
  /// For people.
  public let summary: String
  /// Bytes that the process may grow by on top of `FuzzTarget.growthPerByte` times the input.
  public let allowance: Int
  /// Of the cases drawn from several targets this one has so many shares.
  let weight: Int
  /// Inputs that load.
  package let seeds: [FuzzInput]
  let mutate: @Sendable (inout FuzzInput, inout FuzzRandom) -> String
  /// Loads what lies in a directory, and uses what was loaded; throws what the loader throws.
  let load: @Sendable (_ directory: String) throws -> Void

  /// What a loader may take in memory for each byte it is given: the tree of a JSON text takes the most.
  public static let growthPerByte = 100

  init(
    _ name: String, _ summary: String, allowance: Int = 32 << 20, weight: Int = 8, seeds: [FuzzInput],
    mutate: @escaping @Sendable (inout FuzzInput, inout FuzzRandom) -> String,
    load: @escaping @Sendable (_ directory: String) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.allowance = allowance
    self.weight = weight
    self.seeds = seeds
    self.mutate = mutate
    self.load = load
  }
}

/// What became of a case that ended by itself.
public enum FuzzVerdict: Hashable, Sendable {
  /// It was loaded.
  case accepted
  /// It was refused in one sentence.
  case refused(String)
  /// Something is wrong with the loader.
  case finding(String)
}

/// One input, and how it was made.
public struct FuzzCase: Sendable {
  public let target: FuzzTarget
  /// Its place in the sequence of the seed.
  public let number: Int
  public let input: FuzzInput
  /// What was done to a good input.
  public let steps: [String]

  package init(target: FuzzTarget, number: Int, input: FuzzInput, steps: [String]) {
    self.target = target
    self.number = number
    self.input = input
    self.steps = steps
  }
}

/// The sequence of cases that a seed gives.
public struct FuzzSequence: Sendable {
  public let seed: UInt64
  /// Each target as often as it has shares.
  private let turns: [FuzzTarget]

  public init(_ targets: [FuzzTarget], seed: UInt64) {
    self.seed = seed
    turns = targets.flatMap { Array(repeating: $0, count: $0.weight) }
  }

  /// Which target's turn it is.
  public func target(_ number: Int) -> FuzzTarget { turns[number % turns.count] }

  /// A case by its number; the same seed, target and number always give the same case, whatever else takes turns.
  public func fuzzCase(_ number: Int) -> FuzzCase {
    let target = target(number)
    let name = target.name.utf8.reduce(UInt64(0)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    var random = FuzzRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ name &+ UInt64(number) &* 0xD6E8_FEB8_6659_FD93)
    var input = random.element(target.seeds)
    var steps: [String] = []
    // One in 64 is not spoilt at all: a seed must load.
    if !random.oneIn(64) {
      repeat { steps.append(target.mutate(&input, &random)) } while steps.count < 8 && !random.oneIn(2)
    }
    return FuzzCase(target: target, number: number, input: input, steps: steps)
  }
}

extension FuzzCase {
  /// Gives the case to its loader, in a directory for its files. A crash ends the process, a hang does not return.
  public func run(in place: String) throws(FuzzError) -> FuzzVerdict {
    // Its own directory: what another loader left there is none of its business.
    let directory = place + "/" + target.name
    guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
      throw FuzzError("\(directory): cannot be made (\(String(cString: strerror(errno)))).")
    }
    try input.store(in: directory)
    let memory = PeakMemory()
    let verdict = verdict(in: directory)
    let growth = memory.growth
    let allowed = target.allowance + FuzzTarget.growthPerByte * input.byteCount
    if growth > allowed {
      return .finding(
        "took \(growth >> 20) MiB for an input of \(input.byteCount) bytes, where \(allowed >> 20) MiB are allowed")
    }
    return verdict
  }

  private func verdict(in directory: String) -> FuzzVerdict {
    do {
      try target.load(directory)
      return .accepted
    } catch let error as Disagreement {
      return .finding(error.description)
    } catch {
      let sentence = "\(error)"
      guard steps.isEmpty else {
        return Self.flaw(of: sentence, in: directory).map(FuzzVerdict.finding) ?? .refused(sentence)
      }
      return .finding("refused an input that nothing was done to: \(sentence)")
    }
  }

  /// What keeps an error from being one sentence for a person.
  package static func flaw(of sentence: String, in directory: String = "") -> String? {
    if !sentence.hasSuffix(".") { return "the error does not end like a sentence: \(sentence.debugDescription)" }
    if sentence.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return "the error has control characters: \(sentence.debugDescription)"
    }
    // Paths may be long, what a hostile file says may not.
    let length = sentence.utf8.count - directory.utf8.count
    if length > 600 { return "the error has \(length) bytes: \(sentence.prefix(200).debugDescription)..." }
    return nil
  }
}

/// A loader that took something up, but not as it is.
struct Disagreement: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
