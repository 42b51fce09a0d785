import BuiltInModel
import Checkpoint
import Foundation
import SetunCompiler
import SetunCore
import SetunDriver
import SetunMachine
import Synchronization
import VerilatorBridge

/// Registers somewhere.
protocol RegisterPort {
  func read(_ address: UInt32) throws -> UInt32
  func write(_ address: UInt32, _ value: UInt32) throws
  /// Lets some time pass.
  func wait() throws
}

/// What the driver's functions reach: a port, and what is seen and spoilt of the accesses to it.
final class Link {
  let port: any RegisterPort
  /// What a register is made to read, by address.
  var disguises: [UInt32: UInt32] = [:]
  /// The accesses so far, and the one that fails (from 0).
  private(set) var accesses = 0
  var failingAccess: Int?
  private(set) var writes: [(address: UInt32, value: UInt32)] = []
  /// How often the driver may wait.
  var patience = Int.max

  init(_ port: any RegisterPort) { self.port = port }

  private func isRefused() -> Bool {
    accesses += 1
    return accesses - 1 == failingAccess
  }

  /// The driver's view of the link, which must outlive it.
  var transport: setun_transport {
    setun_transport(
      context: Unmanaged.passUnretained(self).toOpaque(),
      read32: { context, address, value in
        guard let context, let value else { return 1 }
        let link = Unmanaged<Link>.fromOpaque(context).takeUnretainedValue()
        guard !link.isRefused(), let word = try? link.disguises[address] ?? link.port.read(address) else { return 1 }
        value.pointee = word
        return 0
      },
      write32: { context, address, value in
        guard let context else { return 1 }
        let link = Unmanaged<Link>.fromOpaque(context).takeUnretainedValue()
        guard !link.isRefused(), (try? link.port.write(address, value)) != nil else { return 1 }
        link.writes.append((address, value))
        return 0
      },
      wait: { context in
        guard let context else { return 1 }
        let link = Unmanaged<Link>.fromOpaque(context).takeUnretainedValue()
        link.patience -= 1
        return link.patience >= 0 && (try? link.port.wait()) != nil ? 0 : 1
      })
  }
}

/// The control port of a Verilator build of a core, with the built-in model in its memory.
struct CorePort: RegisterPort {
  static let configuration = Configuration.tiny
  /// Two channels and two streams.
  static let several: Configuration = {
    var configuration = Configuration.tiny
    (configuration.name, configuration.channels, configuration.streams) = ("two-by-two", 2, 2)
    configuration.rowLanes = 5
    return configuration
  }()

  /// Where the image lies: above 4 GiB, so that both halves of the address count.
  static let imageBase: UInt64 = 0x12_3456_7000

  /// A core's build, whose registers start at random values, and the model compiled for it.
  private struct Machine: Sendable {
    let model: VerilatorModel
    let compiled: CompiledModel

    init(_ configuration: Configuration) throws {
      let directory = FileManager.default.temporaryDirectory.appending(path: "setun-driver-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: directory) }
      for file in try SetunCore(configuration: configuration).systemVerilog() {
        try Data(file.text.utf8).write(to: directory.appending(path: file.name))
      }
      model = try VerilatorModel.build(
        rtlDirectory: directory, beatBits: configuration.beatBits, channels: configuration.channels,
        streams: configuration.streams, options: VerilatorModel.Options(randomInitialState: true))
      compiled = try CompiledModel(Checkpoint(directory: BuiltInModel.directory), for: configuration)
    }
  }

  /// Those that were made, by name; a failure is kept as well.
  private static let machines = Mutex<[String: Result<Machine, any Error>]>([:])

  private static func machine(_ configuration: Configuration) throws -> Machine {
    try machines.withLock { machines in
      let known = machines[configuration.name] ?? Result { try Machine(configuration) }
      machines[configuration.name] = known
      return try known.get()
    }
  }

  static func compiled(_ configuration: Configuration = configuration) throws -> CompiledModel {
    try machine(configuration).compiled
  }

  let session: RTLSession

  init(_ configuration: Configuration = configuration) throws {
    let machine = try Self.machine(configuration)
    session = try RTLSession(
      model: machine.model, image: Data(machine.compiled.image), base: Self.imageBase,
      clockMHz: configuration.clockMHz, stateSeed: 7)
  }

  func read(_ address: UInt32) throws -> UInt32 { try session.read(address: UInt16(address)) }
  func write(_ address: UInt32, _ value: UInt32) throws { try session.write(address: UInt16(address), value) }
  func wait() throws { _ = try session.run(maxCycles: 500) }
}

/// A core that keeps what is written and never runs.
final class RecordingPort: RegisterPort {
  private var registers: [UInt32: UInt32] = [:]

  init(_ configuration: Configuration) {
    for register in ControlRegister.allCases {
      registers[UInt32(register.address)] = register.resetValue(in: configuration)
    }
  }

  func read(_ address: UInt32) -> UInt32 { registers[address] ?? 0 }
  func write(_ address: UInt32, _ value: UInt32) { registers[address] = value }
  func wait() {}
}

extension setun_configuration {
  /// What the generated header says of a configuration.
  init(_ configuration: Configuration) {
    self.init(
      hash_low: UInt32(truncatingIfNeeded: configuration.hash), hash_high: UInt32(configuration.hash >> 32),
      channels: UInt32(configuration.channels), streams: UInt32(configuration.streams),
      prompt_capacity: UInt32(configuration.promptCapacity), token_capacity: UInt32(configuration.tokenCapacity),
      vocabulary_capacity: UInt32(configuration.vocabularyCapacity))
  }
}

/// The driver's functions with Swift's values.
final class Driver {
  var device = setun_device()
  let link: Link

  /// A device that is open.
  init(_ link: Link, _ configuration: Configuration) {
    self.link = link
    result = withUnsafePointers(link.transport, setun_configuration(configuration)) { setun_open(&device, $0, $1) }
  }

  /// What opening gave.
  private(set) var result = SETUN_OK

  func setSequence(_ prompt: [Int], budget: Int, stream: Int = 0) -> setun_result {
    setun_set_sequence(&device, UInt32(stream), prompt.map { UInt16($0) }, prompt.count, UInt32(budget))
  }

  func start(
    _ options: UInt32 = SETUN_CONTROL_CLEAR_MASK, base: UInt64 = CorePort.imageBase, stride: UInt32 = 0, end: UInt32 = 0
  ) -> setun_result {
    var run = setun_run(image_base: base, channel_stride: stride, options: options, end_token: end)
    return setun_start(&device, &run)
  }

  /// Reads tokens until none will come; the tokens and why it ended.
  func tokens(polls: UInt32 = 1000) -> (tokens: [Int], result: setun_result) {
    let (tokens, result) = streamTokens(polls: polls)
    return (tokens.map(\.id), result)
  }

  /// The same, with the stream of each token.
  func streamTokens(polls: UInt32 = 1000) -> (tokens: [(id: Int, stream: Int)], result: setun_result) {
    var tokens: [(id: Int, stream: Int)] = []
    while true {
      var token = setun_token()
      let result = setun_wait_token(&device, polls, &token)
      guard result == SETUN_OK else { return (tokens, result) }
      tokens.append((Int(token.id), Int(token.stream)))
    }
  }

  func cause(polls: UInt32 = 1000) -> StopCause? {
    var cause: UInt32 = 99
    guard setun_wait_idle(&device, polls, &cause) == SETUN_OK else { return nil }
    return StopCause(rawValue: UInt8(cause))
  }
}

private func withUnsafePointers<A, B, Result>(
  _ a: A, _ b: B, _ body: (UnsafePointer<A>, UnsafePointer<B>) -> Result
) -> Result {
  withUnsafePointer(to: a) { a in withUnsafePointer(to: b) { b in body(a, b) } }
}
