import SetunMachine
import Testing
import VerilatorBridge

struct RecordComparisonTests {
  private func records(_ count: Int) -> [RetireRecord] {
    (0..<count).map {
      RetireRecord(
        cycle: 10 * ($0 / 2), kind: $0 % 2 == 0 ? .load : .address, sequence: $0 / 2, opcode: 1, destination: 2,
        digest: UInt64($0) &* 0x9E37_79B9)
    }
  }

  @Test("equal lists are equal in any order")
  func order() {
    let list = records(40)
    var generator = SystemRandomNumberGenerator()
    let comparison = RecordComparison(simulator: list, rtl: list.shuffled(using: &generator))
    #expect(comparison.isEqual)
    #expect(comparison.mismatches == 0)
    #expect(comparison.firstDifference == nil)
    #expect(RecordComparison(simulator: [], rtl: []).isEqual)
  }

  @Test(
    "each changed field is found and named",
    arguments: [
      RecordComparison.Difference.cycle, .sequence, .opcode, .destination, .digest,
    ])
  func fields(_ field: RecordComparison.Difference) throws {
    let list = records(40)
    var other = list
    switch field {
    case .cycle: other[11].cycle += 1
    case .sequence: other[11].sequence += 100
    case .opcode: other[11].opcode = 9
    case .destination: other[11].destination = 9
    default: other[11].digest ^= 1
    }
    let comparison = RecordComparison(simulator: list, rtl: other, context: 3)
    let difference = try #require(comparison.firstDifference)
    #expect(difference.index == 11)
    #expect(difference.differences == [field])
    #expect(difference.simulator == list[11])
    #expect(difference.rtl == other[11])
    #expect(difference.contextStart == 8)
    #expect(difference.simulatorContext == Array(list[8...14]))
    #expect(difference.rtlContext == Array(other[8...14]))
    #expect(comparison.mismatches == (field == .sequence ? 2 : 1))
    #expect(difference.description.contains("> \(list[11])"))
    #expect(difference.description.contains("> \(other[11])"))
  }

  @Test("a record too few or too many counts once, not for all that follow")
  func missing() throws {
    let list = records(40)
    var shorter = list
    shorter.remove(at: 20)
    let missing = RecordComparison(simulator: list, rtl: shorter)
    #expect(missing.mismatches == 1)
    #expect(missing.firstDifference?.index == 20)
    let surplus = RecordComparison(simulator: shorter, rtl: list)
    #expect(surplus.mismatches == 1)
    #expect(surplus.firstDifference?.index == 20)

    let end = try #require(RecordComparison(simulator: list, rtl: Array(list.dropLast())).firstDifference)
    #expect(end.index == 39)
    #expect(end.differences == [.missing])
    #expect(end.rtl == nil)
    #expect(end.description.contains("(no record)"))
    let none = try #require(RecordComparison(simulator: [], rtl: list).firstDifference)
    #expect(none.differences == [.surplus])
    #expect(RecordComparison(simulator: [], rtl: list).mismatches == 40)
  }

  @Test("a shift in time counts every record that moved")
  func shifted() {
    let list = records(40)
    let shifted = list.map { record in
      var moved = record
      if moved.cycle >= 100 { moved.cycle += 1 }
      return moved
    }
    #expect(RecordComparison(simulator: list, rtl: shifted).mismatches == 20)
  }
}
