import Foundation
import SetunMachine
import SetunReport
import Testing

@Suite("The trace")
struct TraceTests {
  @Test(
    "every instruction and burst of the newest token has its slice, and none overlaps", arguments: ReportFixture.all)
  func slices(item: ReportFixture) throws {
    let run = try item.measured()
    let prompt = run.request.prompt.count
    let trace = PipelineTrace(run.model.program, firstHeadStep: prompt - 1, records: run.result.records)
    for (track, slices) in Dictionary(grouping: trace.slices, by: \.track) {
      for (slice, next) in zip(slices, slices.dropFirst()) {
        #expect(slice.start <= slice.end && slice.end < next.start, "\(track): \(slice), \(next)")
      }
    }
    let position = try #require(run.result.positions.last)
    let tracks = Dictionary(grouping: trace.slices.filter { $0.start >= position.start }, by: \.track)
    func count(_ opcodes: Set<Opcode>) -> Int {
      run.model.program.entries.count { opcodes.contains($0.instruction.opcode) }
    }
    #expect(tracks[.engine]?.count == count([.matvec]) && tracks[.norm]?.count == count([.rmsNorm]))
    #expect(tracks[.vectorSlots]?.count == count([.load]))
    #expect(tracks[.sequencer]?.count == count([.load, .matvec]))
    #expect(tracks[.rowUnits]?.count == count([.embed, .mlgru, .glu, .residual, .argmax]))
    #expect(tracks[.token]?.count == 1)
    #expect(tracks.keys.count { if case .channel = $0 { true } else { false } } == item.channels)

    // Slices end with their records, and begin no later than the simulator says that the instruction was accepted.
    let first = run.result.positions.dropLast().reduce(0) { $0 + $1.instructions.count }
    for slice in tracks[.rowUnits] ?? [] {
      let index = slice.sequence - first
      // A unit retires with the last row of its matrix, the next instruction.
      let retired = position.spans[slice.category == "EMBED" ? index : index + 1].retired
      #expect(slice.end == retired)
      #expect(slice.start <= position.spans[index].accepted)
    }
    for slice in tracks[.norm] ?? [] { #expect(slice.end == position.spans[slice.sequence - first].retired) }
  }

  @Test("with an ideal memory slices of units begin when their instruction is accepted")
  func acceptance() throws {
    let run = try ReportFixture().measured()
    let trace = PipelineTrace(
      run.model.program, firstHeadStep: run.request.prompt.count - 1, records: run.result.records)
    let position = try #require(run.result.positions.last)
    let first = run.result.positions.dropLast().reduce(0) { $0 + $1.instructions.count }
    let units = trace.slices.filter {
      $0.track == .rowUnits && ["MLGRU", "GLU", "RESIDUAL", "ARGMAX"].contains($0.category)
    }
    #expect(units.count == 17)
    for slice in units { #expect(slice.start == position.spans[slice.sequence - first].accepted, "\(slice)") }
  }

  @Test("the file is a trace that tools read, in microseconds of the machine's clock")
  func file() throws {
    let run = try ReportFixture().measured()
    let trace = PipelineTrace(run.model.program, firstHeadStep: 2, records: run.result.records.shuffled(), newest: 2)
    let object = try #require(try JSONSerialization.jsonObject(with: trace.json) as? [String: Any])
    let events = try #require(object["traceEvents"] as? [[String: Any]])
    let slices = events.filter { $0["ph"] as? String == "X" }
    #expect(slices.count == trace.slices.count)
    for (event, slice) in zip(slices, trace.slices) {
      #expect(event["name"] as? String == slice.name)
      let (start, length) = (try #require(event["ts"] as? Double), try #require(event["dur"] as? Double))
      #expect(
        abs(start * 100 - Double(slice.start)) < 0.1 && abs(length * 100 - Double(slice.end - slice.start + 1)) < 0.1)
    }
    let names = events.filter { $0["name"] as? String == "thread_name" }
    #expect(names.count == Set(trace.slices.map(\.track)).count)
    let tokens = trace.slices.filter { $0.track == .token }
    #expect(tokens.map(\.end) == Array(run.result.tokenCycles.suffix(2)))
    // In whatever order the records come.
    let sorted = PipelineTrace(run.model.program, firstHeadStep: 2, records: run.result.records, newest: 2)
    #expect(sorted.json == trace.json)
  }
}
