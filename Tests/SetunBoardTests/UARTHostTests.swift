import HardwareSimulator
import SetunBoard
import SetunMachine
import Testing

/// Requests and messages on the bits of the serial line.
@Suite struct UARTHostTests {
  private func write(_ address: UInt16, _ words: [UInt32]) -> [UInt8] {
    [BoardRequest.write.rawValue] + UInt32(address).bytes.prefix(2) + [UInt8(truncatingIfNeeded: words.count)]
      + words.flatMap(\.bytes)
  }

  private func read(_ address: UInt16) -> [UInt8] { [BoardRequest.read.rawValue] + UInt32(address).bytes.prefix(2) }

  private func value(_ word: UInt32, response: UInt8 = 0) -> [UInt8] { [BoardMessage.value.tag(response)] + word.bytes }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func registersAreWrittenAndReadWithBytesBackToBack(_ seed: UInt64) throws {
    let bench = try SerialHostBench(seed: seed, stalls: true)
    bench.send(write(0x4004, [0xDEAD_BEEF, 0x0123_4567, 7]) + read(0x4008) + write(0x20, [3]) + read(0x4004))
    let expected =
      [BoardMessage.written.tag()] + value(0x0123_4567) + [BoardMessage.written.tag()] + value(0xDEAD_BEEF)
    #expect(try bench.receive(expected.count) == expected)
    #expect(bench.written.map(\.address) == [0x4004, 0x4008, 0x400C, 0x20])
    #expect(bench.written.map(\.data) == [0xDEAD_BEEF, 0x0123_4567, 7, 3])
  }

  @Test func aCountOf0StandsFor256Words() throws {
    let bench = try SerialHostBench()
    let words = (0..<256).map { UInt32($0) &* 0x0101_0101 }
    bench.send(write(0x4000, words))
    #expect(try bench.receive(1) == [BoardMessage.written.tag()])
    #expect(bench.written.map(\.data) == words)
    #expect(bench.written.map(\.address) == (0..<256).map { 0x4000 + 4 * $0 })
  }

  @Test func responsesOfTheCoreReachTheHost() throws {
    let bench = try SerialHostBench()
    bench.refused = [0x4004, 0x50]
    bench.registers[0x50] = 5
    bench.send(write(0x4000, [1, 2, 3]) + read(0x50) + write(0x4008, [4]))
    let expected = [BoardMessage.written.tag(2)] + value(5, response: 2) + [BoardMessage.written.tag(0)]
    #expect(try bench.receive(expected.count) == expected)
    #expect(bench.written.count == 4, "the words after a refused one are written all the same")
  }

  /// A run of some tokens with two logits each; the core is busy until the last one is there.
  private func startRun(_ bench: SerialHostBench, tokens: [UInt32], every cycles: Int, logits: Bool) {
    let command: ControlCommand = logits ? [.start, .clear, .logits] : [.start, .clear]
    bench.send([BoardRequest.run.rawValue, UInt8(command.rawValue)])
    var begin: Int?
    var made = 0
    bench.onCycle = { bench in
      if begin == nil, bench.written.last?.data == command.rawValue {
        begin = bench.cycle
        bench.status.isBusy = true
      }
      guard let start = begin, made < tokens.count else { return }
      // As in the core, a token is known after its logits have left.
      if logits, bench.cycle == start + (made + 1) * cycles - 100 {
        bench.logits += [(tokens[made] << 16, false), (~tokens[made], true)]
      }
      guard bench.cycle == start + (made + 1) * cycles else { return }
      bench.tokens.append(tokens[made])
      made += 1
      if made == tokens.count { bench.status = CoreStatus(isBusy: false, cause: .budgetReached, hasToken: true) }
    }
  }

  private static let finished =
    [BoardMessage.finished.tag()] + CoreStatus(isBusy: false, cause: .budgetReached, hasToken: false).rawValue.bytes

  @Test(arguments: [3, 40, 700], [false, true])
  func aRunReportsItsTokensAsTheyAreMadeAndItsEnd(_ cycles: Int, _ stalls: Bool) throws {
    let bench = try SerialHostBench(seed: 5, stalls: stalls)
    let tokens: [UInt32] = [5, 511, 0, 0xFFFF, 17]
    startRun(bench, tokens: tokens, every: cycles, logits: false)
    var expected: [UInt8] = [BoardMessage.written.tag()]
    for token in tokens { expected += [BoardMessage.token.tag()] + token.bytes.prefix(2) }
    expected += Self.finished
    #expect(try bench.receive(expected.count) == expected)
    try bench.run(2000)
    #expect(bench.received.count == expected.count, "nothing follows the end of a run")
    #expect(bench.written.map(\.address) == [ControlRegister.control.address])
    #expect(try bench.simulation.peek("token_toggle") == 1, "five tokens turn it over five times")
    #expect(try bench.simulation.peek("cause") == UInt64(StopCause.budgetReached.rawValue))
  }

  @Test func logitsComeInOrderAndBeforeTheEnd() throws {
    let bench = try SerialHostBench(seed: 9, stalls: true)
    let tokens: [UInt32] = [9, 300]
    startRun(bench, tokens: tokens, every: 800, logits: true)
    var expected: [UInt8] = [BoardMessage.written.tag()]
    for token in tokens {
      expected += [BoardMessage.logit.tag(0)] + (token << 16).bytes
      expected += [BoardMessage.logit.tag(1)] + (~token).bytes
      expected += [BoardMessage.token.tag()] + token.bytes.prefix(2)
    }
    expected += Self.finished
    #expect(try bench.receive(expected.count) == expected)
    #expect(bench.logitsTaken == 4)
  }

  @Test func tokensOfARunThatTheHostWatchesItselfAreLeftToIt() throws {
    let bench = try SerialHostBench()
    bench.tokens = [12]
    bench.send(write(0x10, [1]) + read(0x14) + read(0x2C))
    let status = CoreStatus(isBusy: false, cause: .none, hasToken: true).rawValue
    let expected = [BoardMessage.written.tag()] + value(status) + value(1 << 31 | 12)
    #expect(try bench.receive(expected.count) == expected)
  }

  @Test func aRequestIsTakenInTheMiddleOfARun() throws {
    let bench = try SerialHostBench(seed: 3, stalls: true)
    bench.registers[0x30] = 0x1234
    let tokens: [UInt32] = [1, 2, 3, 4]
    startRun(bench, tokens: tokens, every: 150, logits: true)
    try bench.run(500)
    // As many bytes as may be under way.
    bench.send(write(0x10, [ControlCommand.abort.rawValue]) + read(0x30) + read(0x30))
    let bytes = try bench.receive(1 + 4 * 13 + 5 + 1 + 5 + 5)
    #expect(bench.written.last?.data == ControlCommand.abort.rawValue)
    var messages: [UInt8] = []
    var rest = bytes[...]
    while let tag = rest.popFirst() {
      messages.append(tag)
      rest = rest.dropFirst(BoardMessage(rawValue: tag >> 4)?.payloadBytes ?? 0)
    }
    func count(_ kind: BoardMessage) -> Int { messages.count { $0 >> 4 == kind.rawValue } }
    #expect(count(.written) == 2 && count(.value) == 2 && count(.token) == 4 && count(.logit) == 8)
    #expect(count(.finished) == 1 && count(.fault) == 0)
  }

  @Test func aHostThatHoldsGetsTheByteInHandAndNoOther() throws {
    let bench = try SerialHostBench()
    bench.registers[0x18] = 0x8765_4321
    bench.send(read(0x18))
    try bench.receive(1)
    while bench.starts.count < 2 { try bench.run(1) }
    // In the middle of the second byte.
    try bench.run(9)
    bench.hold = true
    try bench.run(3000)
    #expect(bench.starts.count == 2 && bench.received == [BoardMessage.value.tag(), 0x21])
    bench.hold = false
    #expect(try bench.receive(5) == value(0x8765_4321))
    let pause = bench.starts[2] - bench.starts[1]
    #expect(pause > 3000)
  }

  // MARK: Faults

  private func fault(_ fault: LinkFault) -> UInt8 { BoardMessage.fault.tag(fault.rawValue) }

  /// After a fault the next request is answered.
  private func expectRecovery(_ bench: SerialHostBench, after faults: [UInt8]) throws {
    #expect(try bench.receive(faults.count) == faults)
    #expect(try bench.simulation.peek("link_error") == 1)
    bench.registers[0x1C] = 77
    bench.send(read(0x1C))
    #expect(try bench.receive(faults.count + 5) == faults + value(77))
    #expect(try bench.simulation.peek("link_error") == 1, "kept until the next run")
    bench.send([BoardRequest.run.rawValue, 0])
    let all = faults + value(77) + [BoardMessage.written.tag(), BoardMessage.finished.tag()] + UInt32(0).bytes
    #expect(try bench.receive(all.count) == all)
    #expect(try bench.simulation.peek("link_error") == 0)
  }

  @Test func anUnknownRequestIsReportedOnceAndWhatFollowsIsDropped() throws {
    let bench = try SerialHostBench()
    bench.send([0x00] + write(0x20, [1]) + [0xFF, 0x52])
    try expectRecovery(bench, after: [fault(.unknownRequest)])
    #expect(bench.written.map(\.address) == [ControlRegister.control.address])
  }

  @Test func aBadStopBitWithinARequestIsReportedAndNothingIsWritten() throws {
    let bench = try SerialHostBench()
    let bytes = write(0x20, [0x0102_0304])
    bench.send(Array(bytes[..<5]))
    bench.send([bytes[5]], stop: false)
    bench.idle(bits: 1)
    bench.send(Array(bytes[6...]))
    try expectRecovery(bench, after: [fault(.framing)])
    #expect(bench.written.map(\.address) == [ControlRegister.control.address])
  }

  @Test func aLineThatIsHeldDownIsReported() throws {
    let bench = try SerialHostBench()
    bench.idle(bits: 40, level: false)
    bench.idle(bits: 1)
    try expectRecovery(bench, after: [fault(.framing)])
  }

  @Test(arguments: [1, 2, 4, 7])
  func aRequestThatStopsIsReported(_ bytes: Int) throws {
    let bench = try SerialHostBench()
    bench.send(Array(write(0x20, [5]).prefix(bytes)))
    try expectRecovery(bench, after: [fault(.incomplete)])
  }

  @Test func pausesWithinARequestThatAreShorterThanTheSilenceDoNoHarm() throws {
    let bench = try SerialHostBench()
    for byte in write(0x20, [0xA5A5_0FF0]) {
      bench.send([byte])
      bench.idle(bits: 50)
    }
    #expect(try bench.receive(1) == [BoardMessage.written.tag()])
    #expect(bench.written.map(\.data) == [0xA5A5_0FF0])
  }

  @Test func moreBytesThanThereArePlacesForAreReported() throws {
    let bench = try SerialHostBench()
    bench.hold = true
    bench.send(read(0x18))
    // The answer cannot leave: 16 bytes wait in the queue, one in the receiver.
    bench.send(Array(repeating: BoardRequest.read.rawValue, count: BoardLink.receiveBytes + 2))
    try bench.run(2000)
    #expect(bench.received.isEmpty)
    bench.hold = false
    try expectRecovery(bench, after: value(0) + [fault(.overrun)])
  }

  @Test func asManyBytesAsAreAllowedWaitWhileTheHostHolds() throws {
    let bench = try SerialHostBench()
    bench.registers[0x18] = 1
    bench.hold = true
    bench.send(read(0x18))
    try bench.run(300)
    bench.send(write(0x4000, [10, 20, 30]))
    try bench.run(3000)
    bench.hold = false
    #expect(try bench.receive(6) == value(1) + [BoardMessage.written.tag()])
    #expect(bench.written.map(\.data) == [10, 20, 30])
  }

  @Test(arguments: [3, 21, 37, 95, 130])
  func aResetInTheMiddleOfAFrameLeavesNothingBehind(_ cycles: Int) throws {
    let bench = try SerialHostBench()
    bench.registers[0x18] = 0x55
    bench.send(write(0x20, [1]) + read(0x18))
    try bench.run(cycles)
    bench.simulation.assertReset()
    bench.cutLine()
    try bench.run(3)
    #expect(try bench.simulation.peek("tx") == 1)
    bench.simulation.releaseReset()
    try bench.run(20)
    #expect(bench.received.isEmpty)
    bench.send(read(0x18))
    #expect(try bench.receive(5) == value(0x55))
    #expect(bench.written.isEmpty)
    #expect(try bench.simulation.peek("link_error") == 0)
  }

  @Test func everyMessageAndRequestIsToldApartByItsFirstByte() {
    #expect(Set(BoardMessage.allCases.map { $0.tag() >> 4 }).count == BoardMessage.allCases.count)
    for fault in LinkFault.allCases { #expect(BoardMessage.fault.tag(fault.rawValue) & 0xF == fault.rawValue) }
  }
}
