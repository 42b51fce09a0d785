import SetunMachine
import Testing

@Suite("What streams do in each step")
struct StreamScheduleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var schedule: StreamSchedule
    /// Each stream's steps: `.` idle, `a` to `z` a token of the prompt, by its id from 0 on, `*` a generated one; in
    /// capitals, and `+` for `*`, where it decides a token.
    var streams: [String]
    var firstHeadStep: Int
    var firstGeneratedStep: Int
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "one stream",
      schedule: StreamSchedule(streams: 1, prompts: [[0, 1, 2]], budgets: [3]),
      streams: ["abC++"], firstHeadStep: 2, firstGeneratedStep: 3),
    Case(
      name: "one stream, scored",
      schedule: StreamSchedule(streams: 1, prompts: [[0, 1, 2]], budgets: [2], score: true),
      streams: ["ABC+"], firstHeadStep: 0, firstGeneratedStep: 3),
    Case(
      name: "prompts and budgets of several lengths",
      schedule: StreamSchedule(streams: 4, prompts: [[0, 1, 2], [3], [4, 5], [6, 7, 8, 9]], budgets: [2, 5, 1, 1]),
      streams: ["abC+.", "D++++", "eF...", "ghiJ."], firstHeadStep: 0, firstGeneratedStep: 1),
    Case(
      name: "streams that take no part",
      schedule: StreamSchedule(streams: 4, prompts: [[], [1, 2, 3], [4, 5]], budgets: [7, 1, 2]),
      streams: ["...", "bcD", "eF+", "..."], firstHeadStep: 1, firstGeneratedStep: 2),
    Case(
      name: "several sequences, scored",
      schedule: StreamSchedule(streams: 2, prompts: [[0, 1], [2, 3, 4]], budgets: [2, 2], score: true),
      streams: ["AB+.", "CDE+"], firstHeadStep: 0, firstGeneratedStep: 2),
    Case(
      name: "one sequence of whole steps",
      schedule: StreamSchedule(streams: 2, prompts: [[0, 1, 2, 3]], budgets: [3], isOneSequence: true),
      streams: ["ac..", "bD++"], firstHeadStep: 1, firstGeneratedStep: 2),
    Case(
      name: "one sequence, the first step padded",
      schedule: StreamSchedule(streams: 4, prompts: [[0, 1, 2, 3, 4]], budgets: [2], isOneSequence: true),
      streams: [".b.", ".c.", ".d.", "aE+"], firstHeadStep: 1, firstGeneratedStep: 2),
    Case(
      name: "one sequence, shorter than a step",
      schedule: StreamSchedule(streams: 4, prompts: [[0]], budgets: [2], isOneSequence: true),
      streams: ["..", "..", "..", "A+"], firstHeadStep: 0, firstGeneratedStep: 1),
    Case(
      name: "one sequence, scored",
      schedule: StreamSchedule(streams: 4, prompts: [[0, 1, 2, 3, 4]], budgets: [2], isOneSequence: true, score: true),
      streams: [".B.", ".C.", ".D.", "AE+"], firstHeadStep: 0, firstGeneratedStep: 2),
    Case(
      name: "one sequence on one stream",
      schedule: StreamSchedule(streams: 1, prompts: [[0, 1]], budgets: [2], isOneSequence: true),
      streams: ["aB+"], firstHeadStep: 1, firstGeneratedStep: 2),
    Case(
      name: "one sequence, other prompts do not count",
      schedule: StreamSchedule(
        streams: 2, prompts: [[0, 1, 2], [9, 9, 9, 9]], budgets: [1, 9], isOneSequence: true),
      streams: [".b", "aC"], firstHeadStep: 1, firstGeneratedStep: 2),
  ]

  @Test("roles and decisions, step by step", arguments: cases)
  func steps(_ item: Case) {
    let schedule = item.schedule
    #expect(schedule.steps == item.streams[0].count)
    #expect(schedule.firstHeadStep == item.firstHeadStep)
    #expect(schedule.firstGeneratedStep == item.firstGeneratedStep)
    let found = (0..<schedule.streams).map { stream in
      (0..<schedule.steps).map { step -> String in
        let decides = schedule.decides(step: step, stream: stream)
        switch schedule.role(step: step, stream: stream) {
        case .idle: return decides ? "!" : "."
        case .generated: return decides ? "+" : "*"
        case .prompt(let token):
          let letter = String(UnicodeScalar(UInt8(97 + token)))
          return decides ? letter.uppercased() : letter
        }
      }.joined()
    }
    #expect(found == item.streams)
  }

  @Test("who decides has a head, and each sequence generates its budget", arguments: cases)
  func budgets(_ item: Case) {
    let schedule = item.schedule
    var generated = Array(repeating: 0, count: schedule.streams)
    for step in 0..<schedule.steps {
      for stream in 0..<schedule.streams where schedule.decides(step: step, stream: stream) {
        #expect(step >= schedule.firstHeadStep)
        if schedule.isGenerated(step: step, stream: stream) { generated[schedule.sequence(ofStream: stream)] += 1 }
      }
    }
    for (sequence, count) in generated.enumerated() {
      let isUsed = schedule.isOneSequence ? sequence == 0 : !schedule.prompts[sequence].isEmpty
      #expect(count == (isUsed ? schedule.budgets[sequence] : 0))
    }
  }
}
