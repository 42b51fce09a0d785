import Foundation
import SetunBoard
import SetunMachine
import Testing

/// A serial port without hardware: what is written to one end can be read at the other.
final class PseudoTerminal: @unchecked Sendable {
  // Unchecked: a descriptor, which the system makes safe.
  let path: String
  private var descriptor: Int32

  init() throws {
    var slave: Int32 = -1
    var name = [CChar](repeating: 0, count: 128)
    descriptor = -1
    try #require(openpty(&descriptor, &slave, &name, nil, nil) == 0)
    Foundation.close(slave)
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { close() }

  /// The cable is pulled out.
  func close() {
    if descriptor >= 0 { Foundation.close(descriptor) }
    descriptor = -1
  }

  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// What comes within some seconds, at least a byte if there is any.
  func read(within seconds: Double) -> [UInt8] {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, Int32(seconds * 1000)) > 0, entry.revents & Int16(POLLIN) != 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }
}

@Suite struct SerialPortTests {
  @Test func everyByteValuePassesBothWaysUnchanged() throws {
    let terminal = try PseudoTerminal()
    let port = try SerialPort(path: terminal.path, baud: 1_000_000)
    let bytes = (0...255).map { UInt8($0) }
    try port.send(bytes)
    var arrived: [UInt8] = []
    while arrived.count < 256 {
      let more = terminal.read(within: 5)
      try #require(!more.isEmpty)
      arrived += more
    }
    #expect(arrived == bytes)
    terminal.write(bytes.reversed())
    var received: [UInt8] = []
    while received.count < 256 {
      let more = try port.receive(atMost: 100, within: 5)
      try #require(!more.isEmpty && more.count <= 100)
      received += more
    }
    #expect(received == bytes.reversed())
  }

  @Test func aPortThatSaysNothingGivesNothingInTime() throws {
    let terminal = try PseudoTerminal()
    let port = try SerialPort(path: terminal.path, baud: 115_200)
    #expect(try port.receive(atMost: 10, within: 0.02).isEmpty)
  }

  @Test func aSecondProgramFindsThePortBusy() throws {
    let terminal = try PseudoTerminal()
    let port = try SerialPort(path: terminal.path, baud: 1_000_000)
    #expect(throws: PortError.busy(terminal.path)) { try SerialPort(path: terminal.path, baud: 1_000_000) }
    _ = port
  }

  @Test func aPortThatGoesAwayIsLost() throws {
    let terminal = try PseudoTerminal()
    let port = try SerialPort(path: terminal.path, baud: 1_000_000)
    terminal.close()
    #expect(throws: PortError.lost(terminal.path)) { try port.receive(atMost: 10, within: 1) }
  }

  @Test(arguments: [
    ("/dev/no-such-port", 1_000_000, PortError.missing("/dev/no-such-port")),
    ("/dev/null", 1_000_000, PortError.notSerial("/dev/null")),
    ("/dev/null", 12_345, PortError.baud("/dev/null", rate: 12_345)),
  ])
  func whatIsNoPortIsRefused(_ path: String, _ baud: Int, _ error: PortError) {
    #expect(throws: error) { try SerialPort(path: path, baud: baud) }
  }
}

/// The host's side against a port that gives what a test says.
@Suite struct BoardHostTests {
  private final class ScriptedPort: BytePort {
    /// What is answered to each request, in order.
    var answers: [[UInt8]]
    private(set) var sent: [[UInt8]] = []
    private var waiting: [UInt8] = []
    let settlingTime: Double

    init(_ answers: [[UInt8]], settlingTime: Double = 0) {
      self.answers = answers
      self.settlingTime = settlingTime
    }

    var name: String { "script" }

    func send(_ bytes: [UInt8]) {
      sent.append(bytes)
      if !answers.isEmpty { waiting += answers.removeFirst() }
    }

    func receive(atMost count: Int, within seconds: Double) -> [UInt8] {
      defer { waiting.removeFirst(min(3, waiting.count)) }
      return Array(waiting.prefix(min(count, 3)))
    }
  }

  private static func value(_ word: UInt32) -> [UInt8] { [BoardMessage.value.tag()] + word.bytes }
  private static let identity = [
    value(ControlRegister.identityValue), value(UInt32(truncatingIfNeeded: Configuration.ulx3s.hash)),
    value(UInt32(Configuration.ulx3s.hash >> 32)),
  ]

  @Test func whatAnEarlierSessionLeftIsStoppedAndDropped() throws {
    let port = ScriptedPort([[1, 2, 3, 0x30, 7, 7]] + Self.identity, settlingTime: 0.1)
    _ = try BoardHost(port, configuration: .ulx3s)
    #expect(
      port.sent.first == [BoardRequest.write.rawValue, 0x10, 0, 1] + ControlCommand.abort.rawValue.bytes)
    #expect(port.sent.count == 4)
  }

  @Test func whatIsWrongIsSaidInASentence() throws {
    func failure(_ answers: [[UInt8]]) -> BoardHostError? {
      do {
        _ = try BoardHost(ScriptedPort(answers), configuration: .ulx3s)
        return nil
      } catch { return error as? BoardHostError }
    }
    #expect(failure([]) == .silent("script", seconds: 2))
    #expect(failure([[BoardMessage.value.tag(), 1]]) == .silent("script", seconds: 2))
    #expect(failure([Self.value(5)]) == .notSetun("script", 5))
    #expect(failure([[0xF7]]) == .unexpected("script", 0xF7))
    #expect(failure([[BoardMessage.written.tag()]]) == .unexpected("script", BoardMessage.written.tag()))
    #expect(failure([[BoardMessage.fault.tag(LinkFault.framing.rawValue)]]) == .fault("script", .framing))
    #expect(failure([[BoardMessage.value.tag(2)] + UInt32(0).bytes]) == .refused(address: 0, response: 2))
    #expect(
      failure([Self.identity[0], Self.value(1), Self.value(0)])
        == .otherConfiguration("script", expected: Configuration.ulx3s.hash, found: 1))
    #expect(failure(Self.identity) == nil)
  }

  @Test func logitsThatComeAfterTheirTokenAreWaitedFor() throws {
    let port = ScriptedPort(Self.identity + Array(repeating: [BoardMessage.written.tag()], count: 2))
    let host = try BoardHost(port, configuration: .ulx3s)
    let status = CoreStatus(isBusy: false, cause: .budgetReached, hasToken: false)
    var answer: [UInt8] = [BoardMessage.written.tag(), BoardMessage.token.tag(), 9, 1]
    answer += [BoardMessage.logit.tag()] + Float(1.5).bitPattern.bytes
    answer += [BoardMessage.finished.tag()] + status.rawValue.bytes
    answer += [BoardMessage.logit.tag(1)] + Float(-2).bitPattern.bytes
    port.answers.append(answer)
    var delivered: [(Int, [Float])] = []
    let end = try host.run(prompt: [4, 5], budget: 1, endToken: nil, options: .logits) { delivered.append(($0, $1)) }
    #expect(end == status)
    let settings = port.sent[port.sent.count - 2]
    #expect(settings == [BoardRequest.write.rawValue, 0x20, 0, 2] + UInt32(2).bytes + UInt32(1).bytes)
    #expect(delivered.map(\.0) == [265] && delivered.map(\.1) == [[1.5, -2]])
    #expect(port.sent.last == [BoardRequest.run.rawValue, UInt8(ControlCommand([.start, .logits]).rawValue)])
  }
}
