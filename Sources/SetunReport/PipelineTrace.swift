import Foundation
import SetunCompiler
import SetunMachine

/// What the units did when, from the retire records of a run: of the simulator or of the RTL, which have the same ones.
///
/// A slice ends at the record of its last item. It begins in the first cycle in which the machine's rules let its
/// instruction be accepted (or, on the units behind the sequencer, be executed) as far as earlier records tell: a stream
/// that ran dry has no record of its own and lengthens the slice that waited for it.
public struct PipelineTrace: Sendable {
  /// A line of the picture.
  public enum Track: Hashable, Sendable {
    case token, sequencer, vectorSlots, engine, norm, rowUnits
    case channel(Int)

    var number: Int {
      switch self {
      case .token: 1
      case .sequencer: 2
      case .vectorSlots: 3
      case .engine: 4
      case .norm: 5
      case .rowUnits: 6
      case .channel(let channel): 10 + channel
      }
    }

    var title: String {
      switch self {
      case .token: "tokens"
      case .sequencer: "sequencer"
      case .vectorSlots: "vector slots"
      case .engine: "ternary engine"
      case .norm: "norm unit, quantiser"
      case .rowUnits: "row units"
      case .channel(let channel): "memory channel \(channel)"
      }
    }
  }

  /// Something that lasts from the cycle `start` to the cycle `end`, both included.
  public struct Slice: Hashable, Sendable {
    public var track: Track
    public var name: String
    public var category: String
    public var start: Int
    public var end: Int
    /// The instruction's or burst's number since START.
    public var sequence: Int
  }

  public private(set) var slices: [Slice] = []
  private let clockMHz: Int
  private let title: String

  /// - Parameters:
  ///   - firstHeadStep: the first position, or step of several streams, that runs the head.
  ///   - records: of a run, in any order.
  ///   - newest: how many of the newest tokens to draw; what ended before them is left out.
  public init(_ program: Program, firstHeadStep: Int, records: [RetireRecord], newest: Int = 1) {
    let configuration = program.configuration
    clockMHz = configuration.clockMHz
    title = "\(configuration.name), \(configuration.channels) x \(configuration.beatBits) bits"
    addInstructions(program, firstHeadStep, records)
    addBursts(records)
    // Several streams decide theirs in the same cycle.
    let tokens = Set(records.filter { $0.kind == .token }.map(\.cycle)).sorted()
    for (index, cycle) in tokens.enumerated() {
      let start = index == 0 ? 0 : tokens[index - 1] + 1
      add(.token, "token \(index)", "token", start, cycle, index)
    }
    let begin = tokens.dropLast(newest).last ?? -1
    slices.removeAll { $0.end <= begin }
    slices.sort { ($0.track.number, $0.start, $0.sequence) < ($1.track.number, $1.start, $1.sequence) }
  }

  private mutating func add(
    _ track: Track, _ name: String, _ category: String, _ start: Int, _ end: Int, _ sequence: Int
  ) {
    slices.append(
      Slice(track: track, name: name, category: category, start: min(start, end), end: end, sequence: sequence))
  }

  private mutating func addInstructions(_ program: Program, _ firstHeadStep: Int, _ records: [RetireRecord]) {
    let timing = MachineTiming(program.configuration)
    var retired: [Int: [RetireKind: Int]] = [:]
    for record in records where record.kind.carriesInstruction {
      retired[record.sequence, default: [:]][record.kind] = record.cycle
    }
    var (position, index, sequence) = (0, 0, 0)
    // The last cycle in which a beat is known to have been accepted, and the other cycles that hold instructions back.
    var (lastBeat, normStart, activations, unitEnd) = (-1, -1, 0, -1)
    while let own = retired[sequence] {
      let entry = program.entries[index]
      let name = "\(entry.part): \(entry.label)"
      let mnemonic = InstructionSet[entry.instruction.opcode].mnemonic
      switch entry.instruction.opcode {
      case .load:
        let end = own[.load] ?? lastBeat
        add(.sequencer, name, mnemonic, lastBeat + 1, end - timing.load, sequence)
        add(.vectorSlots, name, mnemonic, lastBeat + 1 + timing.load, end, sequence)
        lastBeat = end - timing.load
      case .rmsNorm:
        let words =
          Int(entry.instruction["matrices"]) * program.configuration.words(of: Int(entry.instruction["count"]))
        let quantised = own[.quantise] ?? normStart
        normStart = quantised - (timing.quantise + words - 1)
        activations = normStart + timing.activationsReady
        add(.norm, name, mnemonic, normStart, max(quantised, own[.scale] ?? quantised), sequence)
      case .embed, .mlgru, .glu, .residual, .argmax:
        let end = own[.element] ?? unitEnd
        add(.rowUnits, name, mnemonic, max(lastBeat, normStart, unitEnd) + 1, end, sequence)
        unitEnd = end
      case .matvec:
        let end = own[.sums] ?? lastBeat
        add(.sequencer, name, mnemonic, lastBeat + 1, end - timing.engine, sequence)
        add(.engine, name, mnemonic, max(lastBeat + 1, activations), end, sequence)
        lastBeat = end - timing.engine
      }
      sequence += 1
      index += 1
      if index == (position >= firstHeadStep ? program.entries.count : program.bodyEntries) {
        (index, position) = (0, position + 1)
        lastBeat = max(lastBeat, unitEnd + timing.nextPosition)
      }
    }
  }

  /// A burst has its channel from the beat after the one before, or from its request, to its own last beat.
  private mutating func addBursts(_ records: [RetireRecord]) {
    struct Burst: Hashable { var channel, number: Int }
    var requests: [Burst: (cycle: Int, purpose: Int)] = [:]
    for record in records where record.kind == .address {
      let burst = Burst(channel: Int(record.destination) / 4, number: record.sequence)
      requests[burst] = (record.cycle, Int(record.destination) % 4)
    }
    var last: [Int: Int] = [:]
    for record in records.filter({ $0.kind == .data }).sorted(by: RetireRecord.precedes) {
      let channel = Int(record.destination)
      guard let request = requests[Burst(channel: channel, number: record.sequence)] else { continue }
      let name = ["stream", "embedding row", "header"][min(request.purpose, 2)]
      add(
        .channel(channel), name, "burst", max(request.cycle, last[channel] ?? -1) + 1, record.cycle, record.sequence)
      last[channel] = record.cycle
    }
  }

  /// The trace event format that Perfetto and Chrome read; times in microseconds at the configuration's clock.
  public var json: Data {
    func time(_ cycles: Int) -> String { String(format: "%.4f", Double(cycles) / Double(clockMHz)) }
    var lines = [
      "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"\(title)\"}}"
    ]
    var seen: Set<Track> = []
    for slice in slices where seen.insert(slice.track).inserted {
      let number = slice.track.number
      for (key, value) in [
        ("thread_name", "\"name\":\"\(slice.track.title)\""), ("thread_sort_index", "\"sort_index\":\(number)"),
      ] { lines.append("{\"name\":\"\(key)\",\"ph\":\"M\",\"pid\":1,\"tid\":\(number),\"args\":{\(value)}}") }
    }
    for slice in slices {
      lines.append(
        "{\"name\":\"\(slice.name)\",\"cat\":\"\(slice.category)\",\"ph\":\"X\",\"pid\":1,\"tid\":\(slice.track.number),"
          + "\"ts\":\(time(slice.start)),\"dur\":\(time(slice.end - slice.start + 1)),"
          + "\"args\":{\"sequence\":\(slice.sequence),\"first_cycle\":\(slice.start),\"last_cycle\":\(slice.end)}}")
    }
    return Data(("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n" + lines.joined(separator: ",\n") + "\n]}\n").utf8)
  }
}
