import HardwareDescription
import HardwareLibrary
import Testing

/// What a module of the library promises, in numbers.
struct StreamCase: Sendable, CustomTestStringConvertible {
  let module: @Sendable () -> any HardwareModule
  /// Cycles from the last word that is needed to the first one that leaves.
  let latency: Int
  /// Words at `out` in so many cycles, when nobody waits.
  let words: Int
  let cycles: Int
  /// Words that `in` takes while nobody receives.
  let room: Int
  /// What leaves at each output, from what has entered at each input.
  let expected: @Sendable ([String: [Word]]) -> [String: [Word]]

  var testDescription: String { module().moduleName }

  init(
    _ module: @autoclosure @escaping @Sendable () -> any HardwareModule, latency: Int, words: Int = 1, cycles: Int = 1,
    room: Int, expected: @escaping @Sendable ([String: [Word]]) -> [String: [Word]] = { ["out": $0["in"] ?? []] }
  ) {
    self.module = module
    self.latency = latency
    self.words = words
    self.cycles = cycles
    self.room = room
    self.expected = expected
  }

  /// Modules with one way in and one way out, or with an order of words that inputs alone decide.
  static let all: [StreamCase] = cuts + queues + converters + forks + joins + demultiplexers + pipelines

  private static let cuts: [StreamCase] = [1, 2, 8, 65].flatMap { width in
    [
      StreamCase(SkidBuffer(width: width), latency: 1, room: 2),
      StreamCase(ForwardCut(width: width), latency: 1, room: 1),
      StreamCase(BackwardCut(width: width), latency: 0, room: 1),
      StreamCase(HalfRateCut(width: width), latency: 1, cycles: 2, room: 1),
    ]
  }

  private static let queues: [StreamCase] = [1, 2, 3, 4, 5, 7, 8, 16, 33].flatMap { depth in
    let distributed = StreamCase(
      DistributedFIFO(width: 8, depth: depth), latency: 1, cycles: depth == 1 ? 2 : 1, room: depth)
    if depth == 1 { return [distributed] }
    // A place of the block FIFO is filled, shown and free again in three cycles.
    return [
      distributed,
      StreamCase(
        BlockFIFO(width: depth == 4 ? 1 : 8, depth: depth), latency: 2, words: min(depth, 3), cycles: 3, room: depth),
    ]
  }

  private static let converters: [StreamCase] = [(1, 1), (8, 1), (1, 2), (4, 3), (8, 4), (5, 5), (16, 8)].flatMap {
    narrow, ratio in
    [
      // Four narrow words a cycle in `ratio` cycles; the room is counted at the way in.
      StreamCase(
        WidthConverter(from: narrow, to: narrow * ratio), latency: 1, words: 1, cycles: ratio, room: ratio
      ) { sent in
        let words = sent["in"] ?? []
        return [
          "out": stride(from: 0, to: words.count / ratio * ratio, by: ratio).map { first in
            Word.joined(words[first..<first + ratio].reversed())
          }
        ]
      },
      StreamCase(WidthConverter(from: narrow * ratio, to: narrow), latency: 1, room: 1) { sent in
        [
          "out": (sent["in"] ?? []).flatMap { word in
            (0..<ratio).map { word.slice(low: $0 * narrow, count: narrow) }
          }
        ]
      },
    ]
  }

  private static let forks: [StreamCase] = [(8, 1), (1, 2), (8, 2), (8, 3)].map { width, outputs in
    StreamCase(StreamFork(width: width, outputs: outputs), latency: 0, room: 0) { sent in
      Dictionary(uniqueKeysWithValues: (0..<outputs).map { ("out_\($0)", sent["in"] ?? []) })
    }
  }

  private static let joins: [StreamCase] = [[8], [1, 1], [8, 3], [4, 5, 6]].map { widths in
    StreamCase(StreamJoin(widths: widths), latency: 0, room: 0) { sent in
      let streams = widths.indices.map { sent["in_\($0)"] ?? [] }
      return ["out": (0..<(streams.map(\.count).min() ?? 0)).map { n in Word.joined(streams.map { $0[n] }) }]
    }
  }

  private static let demultiplexers: [StreamCase] = [(8, 1), (1, 2), (8, 3), (8, 4)].map { width, outputs in
    StreamCase(StreamDemultiplexer(width: width, outputs: outputs), latency: 0, room: 0) { sent in
      let bits = indexWidth(outputs)
      var result = Dictionary(uniqueKeysWithValues: (0..<outputs).map { ("out_\($0)", [Word]()) })
      for word in sent["in"] ?? [] {
        let number = word.slice(low: width, count: bits).words[0]
        result["out_\(number)"]?.append(word.slice(low: 0, count: width))
      }
      return result
    }
  }

  private static let pipelines: [StreamCase] = [
    StreamCase(MultiplyAddPipeline(), latency: 3, room: 3, expected: MultiplyAddPipeline.expected),
    StreamCase(MultiplyAddCredits(), latency: 4, room: 5, expected: MultiplyAddPipeline.expected),
    StreamCase(StreamChain(), latency: 3, room: 8),
  ]
}
