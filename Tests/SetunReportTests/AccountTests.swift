import SetunCompiler
import SetunMachine
import SetunReport
import SetunSimulator
import Testing

@Suite("Where every cycle went")
struct AccountTests {
  @Test("each cycle of each position is in exactly one class", arguments: ReportFixture.all)
  func sums(item: ReportFixture) throws {
    let model = try item.compiled()
    let result = try item.run(model)
    let prompt = ReportFixture.request.prompt.count
    #expect(result.positions.count == prompt + ReportFixture.request.budget - 1)
    var end = 0
    for position in result.positions {
      #expect(position.start == end)
      let accounted = position.instructions.reduce(0) { $0 + $1.cycles } + position.drain.reduce(0, +)
      #expect(accounted == position.cycles)
      #expect(position.instructions.allSatisfy { $0.waits.allSatisfy { $0 >= 0 } })
      end = position.end
    }
    // A position with a head ends when its token is known.
    #expect(result.positions.filter(\.hasHead).map(\.end) == result.tokenCycles)

    let facts = ReportFacts(try item.measured())
    let tokens = zip(result.tokenCycles.dropFirst(), result.tokenCycles).map { $0 - $1 }
    #expect(facts.speed.tokens == tokens.count)
    #expect(facts.cycles.total == tokens.reduce(0, +))
    #expect(facts.speed.cyclesPerToken == Double(tokens.reduce(0, +)) / Double(tokens.count))
    #expect(facts.cycles.classes.reduce(0) { $0 + facts.cycles.total(of: $1) } == facts.cycles.total)
  }

  @Test("steps are those of the program, beats those of its layout", arguments: ReportFixture.all)
  func steps(item: ReportFixture) throws {
    let model = try item.compiled()
    for position in try item.run(model).positions {
      let count = position.instructions.count
      for (account, entry) in zip(position.instructions, model.program.entries) {
        #expect(account.steps == 1 + entry.operandSteps)
        #expect(account.beats == entry.operandBeats + item.channels)
        let words = entry.instruction.opcode == .rmsNorm ? account.quantisedWords : 1
        #expect(words > 0)
      }
      #expect(count == (position.hasHead ? model.program.entries.count : model.program.bodyEntries))
    }
  }

  @Test("to account for cycles changes none of them", arguments: ReportFixture.all)
  func observation(item: ReportFixture) throws {
    let model = try item.compiled()
    let (with, without) = (try item.run(model), try item.run(model, accounts: false))
    #expect(with.records == without.records)
    #expect(with.tokenCycles == without.tokenCycles && with.generated == without.generated)
    #expect(without.positions.isEmpty)
  }

  @Test("an ideal memory is not waited for once the FIFO runs ahead; a slow one is")
  func memory() throws {
    let ideal = ReportFacts(try ReportFixture().measured())
    #expect(ideal.cycles.total(of: .memory) == 0)
    let slow = ReportFacts(try ReportFixture(memory: .random(seed: 3)).measured())
    #expect(slow.cycles.total(of: .memory) > 0)
    #expect(slow.speed.cyclesPerToken > ideal.speed.cyclesPerToken)
  }

  @Test("bound by the row units, rows are what is waited for")
  func rows() throws {
    let facts = ReportFacts(try ReportFixture(configuration: .wide).measured())
    #expect(facts.roofline.boundBy == "row units")
    let waits = facts.cycles.classes.filter { !$0.isWork }
    #expect(waits.max { facts.cycles.total(of: $0) < facts.cycles.total(of: $1) } == .rows)
  }
}
