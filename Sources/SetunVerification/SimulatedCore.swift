import HardwareDescription
import HardwareSimulator
import SetunCompiler
import SetunCore
import SetunMachine
import VerilatorBridge

/// The core as a design, run in Swift cycle by cycle: clock, AXI4 read memories, AXI4-Lite host and logits sink, as
/// `Sim/harness.cpp` is them for Verilator.
public final class SimulatedCore {
  public let simulation: Simulation
  private let imageOwner: AnyObject?
  private var channels: [SimulatedChannel] = []
  /// Bytes from one channel's part of the image to the next.
  private let channelBytes: Int
  private let beatWords: Int
  /// Cycles since creation.
  public private(set) var now = 0
  /// Numbers of the tokens on the token lane since START.
  public private(set) var tokens: [Int] = []
  /// Digests of all outputs, cycle by cycle, while they are recorded.
  public private(set) var outputDigests: [UInt64] = []
  public var recordsOutputs = false

  /// What is shown to the AXI ports, a field of each channel side by side.
  private var data: [UInt64]
  private var (valid, response, id, last): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var isInReset = true

  private let inputs: Inputs
  private let outputs: [SignalHandle]
  private let seen: Outputs

  /// - Parameters:
  ///   - image: read in place, at address 0: an equal part for each channel.
  ///   - owner: what keeps the image valid.
  public init(
    _ configuration: Configuration, image: UnsafeRawBufferPointer, owner: AnyObject? = nil,
    memory: MemoryModel = .ideal
  ) throws {
    let elaboration = Elaborator().run(SetunCore(configuration: configuration))
    simulation = try Simulation(elaboration)
    imageOwner = owner
    let channelBytes = image.count / configuration.channels
    self.channelBytes = channelBytes
    channels = (0..<configuration.channels).map { number in
      let base = number * channelBytes
      return SimulatedChannel(
        part: UnsafeRawBufferPointer(rebasing: image[base..<base + channelBytes]), base: base,
        beatBytes: configuration.beatBytes, memory: MemoryChannel(memory, for: configuration, port: number))
    }
    beatWords = configuration.beatBits / 64
    data = Array(repeating: 0, count: configuration.channels * beatWords)
    inputs = try Inputs(simulation)
    seen = try Outputs(simulation)
    var handles: [SignalHandle] = []
    for port in elaboration.design.top?.ports ?? [] where port.direction == .output {
      handles.append(try simulation.signal(port.emittedName))
    }
    outputs = handles
    try simulation.poke("axil_wstrb", 15)
    try simulation.poke("logits_tready", 1)
    try reset(cycles: 4)
  }

  /// Holds the reset pin.
  public func reset(cycles: Int) throws {
    simulation.assertReset()
    isInReset = true
    for _ in 0..<cycles { _ = try tick() }
    simulation.releaseReset()
    isInReset = false
  }

  // MARK: Host

  /// Writes the prompt and the sequence's registers, then START.
  public func start(prompt: [Int], budget: Int) throws {
    for (index, token) in prompt.enumerated() {
      guard let address = ControlRegister.promptAddress(index) else { continue }
      try write(address, UInt64(token))
    }
    try write(ControlRegister.imageBaseLow.address, 0)
    try write(ControlRegister.imageBaseHigh.address, 0)
    if channels.count > 1 { try write(ControlRegister.channelStride.address, UInt64(channelBytes)) }
    try write(ControlRegister.promptLength.address, UInt64(prompt.count))
    try write(ControlRegister.tokenBudget.address, UInt64(budget))
    let command: ControlCommand = [.clear, .start]
    try write(ControlRegister.control.address, UInt64(command.rawValue))
  }

  private func write(_ address: UInt16, _ value: UInt64) throws {
    var (needsAddress, needsData) = (true, true)
    for _ in 0..<10_000 {
      try simulation.poke(inputs.awvalid, needsAddress ? 1 : 0)
      try simulation.poke(inputs.wvalid, needsData ? 1 : 0)
      try simulation.poke(inputs.bready, 1)
      try simulation.poke(inputs.awaddr, UInt64(needsAddress ? address : ~address))
      try simulation.poke(inputs.wdata, needsData ? value : ~value & 0xFFFF_FFFF)
      try simulation.poke(inputs.wstrb, needsData ? UInt64(15) : 0)
      let taken = try tick(wantsHost: true)
      if taken.address { needsAddress = false }
      if taken.data { needsData = false }
      if taken.response { break }
    }
    for handle in [inputs.awvalid, inputs.wvalid, inputs.bready] { try simulation.poke(handle, 0) }
  }

  /// Runs `cycles` cycles.
  public func run(cycles: Int) throws {
    for _ in 0..<cycles { _ = try tick() }
  }

  // MARK: Cycle

  private func tick(wantsHost: Bool = false) throws -> (address: Bool, data: Bool, response: Bool) {
    let asks = try simulation.peek(seen.arvalid)
    try driveAddresses(asks)
    try driveData()
    let asksNow = try simulation.peek(seen.arvalid)
    if asksNow != asks { try driveAddresses(asksNow) }
    var taken = (address: false, data: false, response: false)
    if !isInReset {
      try sample()
      if wantsHost {
        taken.address = try simulation.peek(inputs.awvalid) & simulation.peek(seen.awready) == 1
        taken.data = try simulation.peek(inputs.wvalid) & simulation.peek(seen.wready) == 1
        taken.response = try simulation.peek(seen.bvalid) & simulation.peek(inputs.bready) == 1
      }
      if recordsOutputs { outputDigests.append(try outputDigest()) }
    }
    simulation.step()
    now += 1
    return taken
  }

  /// - Parameter asks: ARVALID of each channel.
  private func driveAddresses(_ asks: UInt64) throws {
    var ready: UInt64 = 0
    for number in channels.indices {
      guard asks >> UInt64(number) & 1 == 1, !isInReset else {
        channels[number].isIdle()
        continue
      }
      if !channels[number].isWaiting { channels[number].take(try request(number), now) }
      if channels[number].isReady(now) { ready |= 1 << UInt64(number) }
    }
    try simulation.poke(inputs.arready, ready)
  }

  private func request(_ number: Int) throws -> SimulatedChannel.Burst {
    SimulatedChannel.Burst(
      address: try field(seen.araddr, number), beats: Int(try field(seen.arlen, number)) + 1,
      id: try field(seen.arid, number))
  }

  /// A channel's part of a port.
  private func field(_ port: SignalHandle, _ number: Int) throws -> UInt64 {
    let width = port.width / channels.count
    let low = number * width
    if port.width <= 64 { return try simulation.peek(port) >> UInt64(low) & (1 << UInt64(width) - 1) }
    return simulation.peekBits(port).slice(low: low, count: width).words[0]
  }

  private func driveData() throws {
    var isChanged = false
    for number in channels.indices {
      let words = number * beatWords..<(number + 1) * beatWords
      let shown = channels[number].data(now, before: (data[words], id >> UInt64(2 * number) & 3))
      Self.set(&valid, number, width: 1, shown.valid ? 1 : 0)
      guard let beat = shown.beat else { continue }
      isChanged = true
      data.replaceSubrange(words, with: beat.words)
      Self.set(&response, number, width: 2, beat.response)
      Self.set(&id, number, width: 2, beat.id)
      Self.set(&last, number, width: 1, beat.isLast ? 1 : 0)
    }
    try simulation.poke(inputs.rvalid, valid)
    guard isChanged else { return }
    try simulation.poke(inputs.rdata, words: data)
    try simulation.poke(inputs.rresp, response)
    try simulation.poke(inputs.rid, id)
    try simulation.poke(inputs.rlast, last)
  }

  private static func set(_ port: inout UInt64, _ number: Int, width: Int, _ value: UInt64) {
    let low = UInt64(number * width)
    port = port & ~((1 << UInt64(width) - 1) << low) | value << low
  }

  private func sample() throws {
    if try simulation.peek(seen.start) == 1 {
      for number in channels.indices { channels[number].start(now) }
      tokens = []
    }
    for number in channels.indices { channels[number].step() }
    if try simulation.peek(seen.tokenValid) == 1 { tokens.append(Int(try simulation.peek(seen.token))) }
  }

  private func outputDigest() throws -> UInt64 {
    var digest: UInt64 = 0
    func fold(_ word: UInt64) {
      digest = ((digest << 5 | digest >> 59) ^ word) &* 0x9E37_79B9_7F4A_7C15
    }
    for output in outputs {
      if output.width <= 64 {
        fold(try simulation.peek(output))
      } else {
        let words = simulation.peekBits(output).words
        for part in 0..<(output.width + 31) / 32 { fold(words[part / 2] >> UInt64(part % 2 * 32) & 0xFFFF_FFFF) }
      }
    }
    return digest
  }
}

extension SimulatedCore {
  private struct Inputs {
    let awvalid, awaddr, wvalid, wdata, wstrb, bready: SignalHandle
    let arready, rvalid, rdata, rid, rresp, rlast: SignalHandle

    init(_ simulation: Simulation) throws {
      awvalid = try simulation.signal("axil_awvalid")
      awaddr = try simulation.signal("axil_awaddr")
      wvalid = try simulation.signal("axil_wvalid")
      wdata = try simulation.signal("axil_wdata")
      wstrb = try simulation.signal("axil_wstrb")
      bready = try simulation.signal("axil_bready")
      arready = try simulation.signal("axi_arready")
      rvalid = try simulation.signal("axi_rvalid")
      rdata = try simulation.signal("axi_rdata")
      rid = try simulation.signal("axi_rid")
      rresp = try simulation.signal("axi_rresp")
      rlast = try simulation.signal("axi_rlast")
    }
  }

  private struct Outputs {
    let awready, wready, bvalid, arvalid, araddr, arlen, arid, start, tokenValid, token: SignalHandle

    init(_ simulation: Simulation) throws {
      awready = try simulation.signal("axil_awready")
      wready = try simulation.signal("axil_wready")
      bvalid = try simulation.signal("axil_bvalid")
      arvalid = try simulation.signal("axi_arvalid")
      araddr = try simulation.signal("axi_araddr")
      arlen = try simulation.signal("axi_arlen")
      arid = try simulation.signal("axi_arid")
      start = try simulation.signal("retire_start")
      tokenValid = try simulation.signal("retire_token_valid")
      token = try simulation.signal("retire_token_data")
    }
  }
}

/// What a core in Swift and its Verilator build showed on the same program.
public struct CoreAgreement: Hashable, Sendable {
  /// Cycles in which all outputs were compared, from the release of the reset.
  public let cycles: Int
  /// Tokens on the token lane.
  public let tokens: Int
  /// The first cycle in which an output differed.
  public let firstDifference: Int?

  /// Runs a small random model on both, and compares every output in each of `cycles` cycles after START.
  public static func measured(
    _ model: VerilatorModel, _ configuration: Configuration, memory: MemoryModel, cycles: Int
  ) throws -> CoreAgreement {
    let compiled = try BenchFixture.small(configuration).compiled
    return try measured(model, compiled, memory: memory, prompt: [1, 2], budget: 100, cycles: cycles)
  }

  /// Runs a compiled model on both.
  public static func measured(
    _ model: VerilatorModel, _ compiled: CompiledModel, memory: MemoryModel, prompt: [Int], budget: Int, cycles: Int
  ) throws -> CoreAgreement {
    let core = try SimulatedCore(
      compiled.configuration, image: compiled.image.bytes, owner: compiled.image, memory: memory)
    core.recordsOutputs = true
    try core.start(prompt: prompt, budget: budget)
    try core.run(cycles: cycles)
    let session = try RTLSession(
      model: model, image: compiled.image.bytes, owner: compiled.image, memory: memory,
      clockMHz: compiled.configuration.clockMHz)
    session.setOutputRecording(true)
    try session.start(prompt: prompt, budget: budget)
    _ = try session.run(maxCycles: cycles)
    let (ours, theirs) = (core.outputDigests, session.outputDigests)
    var first = zip(ours, theirs).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    if first == nil, ours.count != theirs.count || core.tokens != session.tokens.map(\.id) {
      first = min(ours.count, theirs.count)
    }
    return CoreAgreement(cycles: ours.count, tokens: core.tokens.count, firstDifference: first)
  }
}
