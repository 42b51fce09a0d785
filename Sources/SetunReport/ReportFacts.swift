import Foundation

/// Everything that a report says: what a configuration does with a model, as one value.
///
/// The page is derived from this and from nothing else. Each section states the evidence of its figures.
public struct ReportFacts: Codable, Hashable, Sendable {
  public var subject: Subject
  public var speed: Speed
  public var bandwidth: Bandwidth
  public var roofline: Roofline
  public var goals: [Goal]
  public var cycles: CycleBreakdown
  public var prediction: PredictionFacts
  public var activity: UnitActivity
  public var traffic: TrafficFacts
  public var footprint: Footprint
  public var energy: EnergyEstimate
  public var comparison: Comparison

  /// What the report is about.
  public struct Subject: Codable, Hashable, Sendable {
    public var model: String
    public var hiddenSize: Int
    public var intermediateSize: Int
    public var layers: Int
    public var vocabulary: Int
    /// Weights that are used once a token, head included.
    public var ternaryWeights: Int
    public var configuration: String
    public var configurationHash: String
    public var beatBits: Int
    public var channels: Int
    public var rowLanes: Int
    public var streams: Int
    /// All streams work on one sequence.
    public var isOneSequence: Bool
    public var clockMegahertz: Int
    public var memory: String
    public var promptTokens: Int
    /// What made the report, as typed.
    public var command: String
    /// What the RTL said to the same run; nil when it was not asked.
    public var rtl: Agreement?

    public struct Agreement: Codable, Hashable, Sendable {
      /// The cycle of the last token.
      public var simulatorCycles: Int
      public var rtlCycles: Int
      /// Retired records, AR and R handshakes that were compared, and those that differ.
      public var records: Int
      public var mismatches: Int

      public init(simulatorCycles: Int, rtlCycles: Int, records: Int, mismatches: Int) {
        self.simulatorCycles = simulatorCycles
        self.rtlCycles = rtlCycles
        self.records = records
        self.mismatches = mismatches
      }
    }
  }

  /// The mean over tokens in the steady state: each follows another one, the head included. With several streams what is
  /// said of a token is said of a step, one pass over the weights in which every stream decides a token.
  public struct Speed: Codable, Hashable, Sendable {
    public var evidence = Evidence.simulated
    /// Tokens, or steps, that the mean is of.
    public var tokens: Int
    /// Tokens that all streams together decide in a step.
    public var tokensPerStep: Int
    /// Positions of a prompt that a step reads, all streams together.
    public var promptTokensPerStep: Int
    public var cyclesPerToken: Double
    public var fastestToken: Int
    public var slowestToken: Int
    public var microsecondsPerToken: Double
    /// Of all streams together.
    public var tokensPerSecond: Double

    /// What the other figures are of.
    public var unit: String { promptTokensPerStep == 1 ? "token" : "step" }
  }

  /// What the memory could give and what the core took, all channels together, in GB/s (10^9).
  public struct Bandwidth: Codable, Hashable, Sendable {
    public var evidence = Evidence.simulated
    /// Of the data bus or of the ports, whichever is less.
    public var peak: Double
    /// Of a plain sequential read through the same memory.
    public var deliverable: Double
    public var used: Double
    public var fractionOfPeak: Double
    public var fractionOfDeliverable: Double
    /// Parts of the peak that a sequential read loses.
    public var lostToRefresh: Double
    public var lostToRows: Double
    public var lostOtherwise: Double
  }

  /// What bounds a token or a step of several, each as if everything else took no time.
  public struct Roofline: Codable, Hashable, Sendable {
    public struct Bound: Codable, Hashable, Sendable {
      public var name: String
      public var reason: String
      public var evidence: Evidence
      public var cyclesPerToken: Double
      public var tokensPerSecond: Double
    }

    public var evidence = Evidence.simulated
    public var bounds: [Bound]
    /// The name of the one that allows the fewest tokens.
    public var boundBy: String
    /// Tokens a second of what that allows.
    public var fraction: Double
    /// Useful ternary multiply-accumulates of a byte read, and in a second (10^9): the point of the chart.
    public var operationsPerByte: Double
    public var gigaoperations: Double
    /// Of all trees at all times, padding included, and of the row units with this model (10^9).
    public var engineGigaoperations: Double
    public var rowUnitGigaoperations: Double
  }

  /// A figure with the bar that the project sets it.
  public struct Goal: Codable, Hashable, Sendable {
    public var name: String
    public var evidence: Evidence
    public var value: Double
    /// Whether the value is a share, to be written in percent.
    public var isShare: Bool
    /// What the value may be; nil when the report only shows it.
    public var bound: Bound?
    public var isMet: Bool? { bound?.isMet(by: value) }

    /// A bound that belongs to the range.
    public enum Bound: Codable, Hashable, Sendable {
      case atMost(Double)
      case atLeast(Double)

      func isMet(by value: Double) -> Bool {
        switch self {
        case .atMost(let limit): value <= limit
        case .atLeast(let limit): value >= limit
        }
      }
    }
  }

  /// Predicted beside simulated.
  public struct PredictionFacts: Codable, Hashable, Sendable {
    public struct Row: Codable, Hashable, Sendable {
      public var part: LayerPart
      public var predictedCycles: Double
      public var simulatedCycles: Double
    }

    public var evidence = Evidence.predicted
    /// With the memory's deliverable rate.
    public var predictedCyclesPerToken: Double
    /// As if the stream FIFO were never empty.
    public var predictedCoreCycles: Double
    public var simulatedCyclesPerToken: Double
    /// (predicted - simulated) / simulated.
    public var difference: Double
    /// From the acceptance of a part's first instruction to that of the next one's, summed over a token; the prediction is
    /// that for a FIFO that is never empty.
    public var rows: [Row]
  }

  /// What a token reads.
  public struct TrafficFacts: Codable, Hashable, Sendable {
    public struct Item: Codable, Hashable, Sendable {
      public var name: String
      public var bytes: Double
      public var isPadding: Bool
    }

    public var evidence = Evidence.measured
    public var items: [Item]
    public var bytesPerToken: Int
    /// log2(3)/8 for each ternary weight.
    public var entropyBytes: Double
    public var overEntropy: Double
    /// Of all bytes.
    public var paddingShare: Double
    public var bitsPerWeight: Double
  }

  /// Memory of the model on the machine and as fp16.
  public struct Footprint: Codable, Hashable, Sendable {
    public var evidence = Evidence.measured
    /// The whole image, header and alignment included.
    public var imageBytes: Int
    public var bodyBytes: Int
    public var embeddingBytes: Int
    public var otherBytes: Int
    /// The recurrent state, on chip, as the machine stores it.
    public var stateBytes: Double
    /// Every parameter at two bytes; the ternary weights of it alone; the same state.
    public var halfPrecisionBytes: Int
    public var halfPrecisionTernaryBytes: Int
    public var halfPrecisionStateBytes: Int
    /// fp16 parameters and state over image and state.
    public var ratio: Double
    /// fp16 over stream, of the ternary weights alone.
    public var ternaryRatio: Double
  }

  /// Published results, and how this one stands to those of the same model.
  public struct Comparison: Codable, Hashable, Sendable {
    public struct Row: Codable, Hashable, Sendable {
      public var published: PublishedDesign
      /// Tokens a second of this report over those of one published stream; nil unless both are of the same model.
      public var speedOfOneStream: Double?
    }

    public var evidence = Evidence.published
    public var modelSize: PublishedDesign.ModelSize?
    public var rows: [Row]
  }
}

extension ReportFacts {
  /// The facts as JSON: sorted keys, one line a value.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Reads what ``json()`` wrote.
  public init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(ReportFacts.self, from: json)
  }
}
