import ArgumentParser
import SetunExploration

/// The axes of a sweep, from a file and from flags; a flag replaces the file's axis.
struct SpaceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "JSON file with lists widths, channels, streams, rowLanes, fractions, fifoBeats, memories, clocks.",
    completion: .file(extensions: ["json"]))
  var space: String?

  @Option(name: .long, help: "Widths of a beat in bits: 128,256,512.")
  var widths: NumberList?

  @Option(name: .long, help: "Numbers of weight channels: 1,2,4.")
  var channels: NumberList?

  @Option(name: .long, help: "Numbers of streams that share each weight beat: 1,2,4.")
  var streams: NumberList?

  @Option(name: .long, help: "Rows that pass the row units side by side: 1,5.")
  var rowLanes: NumberList?

  @Option(name: .long, help: "Fraction bits of the machine float: 15.")
  var fractions: NumberList?

  @Option(name: .long, help: "Depths of the stream FIFO in beats: 512.")
  var fifo: NumberList?

  @Option(
    name: .long, help: ArgumentHelp("Memories, several separated by commas: \(CompareCommand.memories), or on-chip."))
  var memory: String?

  @Option(name: .long, help: "Clocks in MHz, assumed for every point alike: 250.")
  var clocks: NumberList?

  func designSpace() throws -> DesignSpace {
    var result = try space.map { try DesignSpace(path: $0) } ?? DesignSpace()
    if let widths { result.widths = widths.numbers }
    if let channels { result.channels = channels.numbers }
    if let streams { result.streams = streams.numbers }
    if let rowLanes { result.rowLanes = rowLanes.numbers }
    if let fractions { result.fractions = fractions.numbers }
    if let fifo { result.fifoBeats = fifo.numbers }
    if let clocks { result.clocks = clocks.numbers }
    if let memory {
      result.memories = try memory.split(separator: ",", omittingEmptySubsequences: false).map {
        try WeightMemory(parsing: String($0))
      }
    }
    try result.validate()
    return result
  }
}

/// Whole numbers separated by commas.
struct NumberList: ExpressibleByArgument {
  let numbers: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.filter { $0 != " " })
    }
    let numbers = parts.compactMap { $0 }
    guard numbers.count == parts.count else { return nil }
    self.numbers = numbers
  }
}
