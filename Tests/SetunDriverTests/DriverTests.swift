import Foundation
import SetunDriver
import SetunMachine
import SetunSimulator
import Testing
import VerilatorBridge

@Suite("The C driver on a Verilator build of the core", .serialized)
struct DriverTests {
  static let request = RunRequest(prompt: [1, 338], budget: 3)

  /// What the simulator says of a run.
  static func simulated(
    _ request: RunRequest = request, _ configuration: Configuration = CorePort.configuration
  ) throws -> RunResult {
    var simulator = MachineSimulator(try CorePort.compiled(configuration), imageBase: Int(CorePort.imageBase))
    var observer = NoObserver()
    return try simulator.run(request, observer: &observer)
  }

  /// A core out of reset, and a driver that has opened it.
  static func open(
    _ configuration: Configuration = CorePort.configuration
  ) throws -> (session: RTLSession, driver: Driver) {
    let port = try CorePort(configuration)
    let driver = Driver(Link(port), configuration)
    try #require(driver.result == SETUN_OK)
    return (port.session, driver)
  }

  @Test(
    "after a reset every register reads what the map says, and takes the bits that the map says",
    arguments: [CorePort.configuration, CorePort.several])
  func registers(_ configuration: Configuration) throws {
    let session = try Self.open(configuration).session
    for register in ControlRegister.allCases {
      guard register.isPresent(in: configuration), let expected = register.resetValue(in: configuration) else {
        #expect(throws: BridgeError.self, "\(register.name)") { try session.read(register) }
        continue
      }
      #expect(try session.read(register) == expected, "\(register.name)")
    }
    for register in ControlRegister.allCases where register != .control {
      guard register.access != .read, register.isPresent(in: configuration) else {
        #expect(throws: BridgeError.self, "\(register.name)") { try session.write(register, .max) }
        continue
      }
      try session.write(register, .max)
      #expect(try session.read(register) == register.writableBits(in: configuration), "\(register.name)")
    }
    let last = try #require(ControlRegister.promptAddress(configuration.promptCapacity - 1))
    try session.write(address: last, 1)
    #expect(throws: BridgeError.self) { try session.write(address: last + 4, 1) }
  }

  @Test("tokens, cycles, beats and cause are the simulator's, run after run")
  func tokens() throws {
    let (_, driver) = try Self.open()
    let expected = try Self.simulated()
    for _ in 0..<2 {
      #expect(driver.setSequence(Self.request.prompt, budget: Self.request.budget) == SETUN_OK)
      #expect(driver.start() == SETUN_OK)
      let (tokens, result) = driver.tokens()
      #expect(tokens == expected.generated && result == SETUN_ENDED)
      #expect(driver.cause() == .budgetReached)
      var cycles: UInt64 = 0
      var beats: UInt64 = 0
      #expect(setun_read_cycles(&driver.device, &cycles) == SETUN_OK && cycles == UInt64(expected.cycles))
      #expect(setun_read_beats(&driver.device, &beats) == SETUN_OK && beats == UInt64(expected.beats))
    }
  }

  @Test("several streams over several channels: each gets its own tokens, one that is left out gets none")
  func streams() throws {
    let (session, driver) = try Self.open(CorePort.several)
    let stride = UInt32(session.channelBytes)
    let (first, second) = ([1, 338], [1, 20, 30])
    func tokens(_ options: UInt32 = SETUN_CONTROL_CLEAR_MASK) -> [[Int]] {
      #expect(driver.start(options, stride: stride) == SETUN_OK)
      let (tokens, result) = driver.streamTokens()
      #expect(result == SETUN_ENDED)
      #expect(driver.cause() == .budgetReached)
      return (0..<2).map { stream in tokens.filter { $0.stream == stream }.map(\.id) }
    }
    #expect(driver.setSequence(first, budget: 3, stream: 0) == SETUN_OK)
    #expect(driver.setSequence(second, budget: 2, stream: 1) == SETUN_OK)
    let both = try Self.simulated(RunRequest(prompts: [first, second], budgets: [3, 2]), CorePort.several)
    #expect(tokens() == both.sequences)
    #expect(setun_clear_sequences(&driver.device) == SETUN_OK)
    #expect(driver.setSequence(second, budget: 2, stream: 1) == SETUN_OK)
    #expect(tokens() == [[], both.sequences[1]])
    #expect(driver.setSequence(first, budget: 3, stream: 0) == SETUN_OK)
    let shared = tokens(SETUN_CONTROL_CLEAR_MASK | SETUN_CONTROL_ONE_SEQUENCE_MASK).flatMap { $0 }
    #expect(shared == both.sequences[0])
  }

  @Test("generation ends at the end token")
  func endToken() throws {
    let (_, driver) = try Self.open()
    let generated = try Self.simulated().generated
    #expect(driver.setSequence(Self.request.prompt, budget: Self.request.budget) == SETUN_OK)
    #expect(driver.start(SETUN_CONTROL_CLEAR_MASK | SETUN_CONTROL_USE_EOS_MASK, end: UInt32(generated[0])) == SETUN_OK)
    #expect(driver.tokens().tokens == [generated[0]])
    #expect(driver.cause() == .endOfSequence)
  }

  @Test("another core is refused, and so is one that does not answer")
  func identity() throws {
    let port = try CorePort()
    func result(_ disguise: (ControlRegister, UInt32)? = nil, failing: Int? = nil) -> setun_result {
      let link = Link(port)
      if let (register, value) = disguise { link.disguises[UInt32(register.address)] = value }
      link.failingAccess = failing
      let driver = Driver(link, CorePort.configuration)
      #expect(link.writes.isEmpty)
      return driver.result
    }
    #expect(result() == SETUN_OK)
    #expect(result((.identity, 0)) == SETUN_NOT_SETUN)
    #expect(result((.version, ImageHeader.version + 1)) == SETUN_WRONG_VERSION)
    #expect(result((.configHashLow, 1)) == SETUN_WRONG_CONFIGURATION)
    #expect(result((.configHashHigh, 1)) == SETUN_WRONG_CONFIGURATION)
    for access in 0..<4 { #expect(result(failing: access) == SETUN_ACCESS) }
    #expect(Driver(Link(port), .wide).result == SETUN_WRONG_CONFIGURATION)
  }

  @Test("a run that is under way is not disturbed; abort and soft reset stop it, and the next run is as ever")
  func stops() throws {
    let (session, driver) = try Self.open()
    let expected = try Self.simulated().generated
    for (stop, cause) in [(setun_abort, StopCause.abort), (setun_soft_reset, .softReset)] {
      #expect(driver.setSequence(Self.request.prompt, budget: 1000) == SETUN_OK)
      #expect(driver.start() == SETUN_OK)
      #expect(driver.start() == SETUN_BUSY)
      #expect(driver.setSequence([1], budget: 1) == SETUN_BUSY)
      // Two tokens are decided, and nobody reads them.
      _ = try session.run(maxCycles: 1 << 20, untilTokens: 2)
      #expect(stop(&driver.device) == SETUN_OK)
      #expect(driver.cause() == cause)
      #expect(driver.setSequence(Self.request.prompt, budget: Self.request.budget) == SETUN_OK)
      #expect(driver.start() == SETUN_OK)
      let (tokens, result) = driver.tokens()
      #expect(tokens == expected && result == SETUN_ENDED)
    }
  }

  @Test("what goes wrong in the core comes back as its cause")
  func causes() throws {
    let (session, driver) = try Self.open()
    let header = try CorePort.compiled().header
    let faults: [(StopCause, prompt: [Int], () -> Void)] = [
      (.memoryError, [1], { session.failBeat(100) }),
      (.headerCRC, [1], { session.flip(offset: 44, mask: 0x10) }),
      (.headerFormat, [1], { session.flip(offset: 0, mask: 1) }),
      (.illegalInstruction, [1], { session.flip(offset: header.bodyOffset, mask: 0xF0) }),
      // In the machine's vocabulary, but not in the model's.
      (.badStart, [CorePort.configuration.vocabularyCapacity - 1], {}),
    ]
    for (cause, prompt, spoil) in faults {
      spoil()
      #expect(driver.setSequence(prompt, budget: 2) == SETUN_OK)
      #expect(driver.start() == SETUN_OK)
      let (tokens, result) = driver.tokens()
      #expect(tokens == [] && result == SETUN_ENDED, "\(cause)")
      #expect(driver.cause() == cause)
      #expect(setun_cause_is_success(UInt32(cause.rawValue)) == 0)
      session.clearFaults()
    }
    #expect(driver.setSequence([1], budget: 1) == SETUN_OK)
    // The page after the image's first holds no header.
    #expect(driver.start(base: CorePort.imageBase + 4096) == SETUN_OK)
    #expect(driver.cause() == .headerFormat)
  }

  @Test("waiting ends with the polls, with the caller's patience, and when an access fails")
  func bounds() throws {
    let (_, driver) = try Self.open()
    #expect(driver.setSequence([1], budget: 1000) == SETUN_OK)
    #expect(driver.start() == SETUN_OK)
    #expect(driver.tokens(polls: 0).result == SETUN_TIMEOUT)
    #expect(driver.tokens(polls: 3).result == SETUN_TIMEOUT)
    #expect(driver.cause(polls: 3) == nil)
    var cause: UInt32 = 99
    #expect(setun_wait_idle(&driver.device, 0, &cause) == SETUN_TIMEOUT && cause == 99)
    driver.link.patience = 2
    let before = driver.link.accesses
    #expect(driver.tokens(polls: 1000).result == SETUN_TIMEOUT)
    #expect(driver.link.accesses - before == 3)
    driver.link.patience = Int.max
    driver.link.failingAccess = driver.link.accesses + 2
    #expect(driver.tokens(polls: 1000).result == SETUN_ACCESS)
  }
}
