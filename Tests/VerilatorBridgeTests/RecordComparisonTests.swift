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
    case .destination: other[11].destination = 3
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
    // Another channel's address would be one too many there.
    #expect(list[11].channel == other[11].channel)
    #expect(difference.description.contains("> \(list[11])"))
    #expect(difference.description.contains("> \(other[11])"))
  }

  @Test("records of channels that come in the same cycle are listed by channel, and paired by it")
  func channels() throws {
    let channels = 4
    let list = (0..<10).flatMap { number in
      (0..<channels).flatMap { channel in
        // Channel 0 is one request ahead.
        let sequence = number + (channel == 0 ? 1 : 0)
        let digest = UInt64(number << 8 | channel)
        return [
          RetireRecord(
            cycle: number, kind: .address, sequence: sequence, destination: UInt8(4 * channel), digest: digest),
          RetireRecord(cycle: number, kind: .data, sequence: sequence, destination: UInt8(channel), digest: digest),
        ]
      }
    }
    #expect(list.map(\.channel) == (0..<10).flatMap { _ in [0, 0, 1, 1, 2, 2, 3, 3] })
    var generator = SystemRandomNumberGenerator()
    let mixed = list.shuffled(using: &generator)
    #expect(RecordComparison(simulator: list, rtl: mixed).isEqual)
    #expect(
      mixed.sorted(by: RetireRecord.precedes).prefix(8).map { [Int($0.kind.rawValue), $0.channel] }
        == [[6, 0], [6, 1], [6, 2], [6, 3], [7, 0], [7, 1], [7, 2], [7, 3]])

    // Cycle 2's address of channel 3 and its data are missing: as many mismatches, and the first is shown.
    let fewer = list.filter { $0.cycle != 2 || $0.channel != 3 }
    let missing = RecordComparison(simulator: list, rtl: fewer)
    #expect(missing.mismatches == 2)
    #expect(missing.firstDifference?.simulator == list.first { $0.cycle == 2 && $0.channel == 3 })
    // One that came on another channel is one too few here and one too many there.
    var moved = list
    moved[6].destination = 8
    #expect(RecordComparison(simulator: list, rtl: moved).mismatches == 2)
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
