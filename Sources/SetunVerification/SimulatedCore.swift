import HardwareDescription
import HardwareSimulator
import SetunCompiler
import SetunCore
import SetunMachine
import VerilatorBridge

/// The core as a design, run in Swift cycle by cycle: clock, AXI4 read memory, AXI4-Lite host and logits sink, as
/// `Sim/harness.cpp` is them for Verilator.
public final class SimulatedCore {
  private struct Burst {
    var address: UInt64
    var beats: Int
    var id: UInt64
  }

  public let simulation: Simulation
  private let image: UnsafeRawBufferPointer
  private let imageOwner: AnyObject?
  /// The memory's times, counted from `origin`, and as they are at START.
  private var memory: MemoryChannel
  private let freshMemory: MemoryChannel
  private let beatBytes: Int
  /// Cycles since creation.
  public private(set) var now = 0
  /// The cycle of the last START.
  private var origin = 0
  /// Numbers of the tokens on the token lane since START.
  public private(set) var tokens: [Int] = []
  /// Digests of all outputs, cycle by cycle, while they are recorded.
  public private(set) var outputDigests: [UInt64] = []
  public var recordsOutputs = false

  private var bursts: [Burst] = []
  private var firstBurst = 0
  private var head = 0
  private var due: Int?
  private var waiting: (accept: Int, burst: Burst)?
  private var presents = false
  private var showsBeat = true
  private var isInReset = true

  private let inputs: Inputs
  private let outputs: [SignalHandle]
  private let seen: Outputs

  /// - Parameters:
  ///   - image: read in place, at address 0.
  ///   - owner: what keeps the image valid.
  public init(
    _ configuration: Configuration, image: UnsafeRawBufferPointer, owner: AnyObject? = nil,
    memory: MemoryModel = .ideal
  ) throws {
    let elaboration = Elaborator().run(SetunCore(configuration: configuration))
    simulation = try Simulation(elaboration)
    self.image = image
    imageOwner = owner
    freshMemory = MemoryChannel(memory, for: configuration)
    self.memory = freshMemory
    beatBytes = configuration.beatBits / 8
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
    try driveAddress(asks == 1)
    try driveData()
    let asksNow = try simulation.peek(seen.arvalid)
    if asksNow != asks { try driveAddress(asksNow == 1) }
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

  private func driveAddress(_ asks: Bool) throws {
    guard asks, !isInReset else {
      waiting = nil
      return try simulation.poke(inputs.arready, 0)
    }
    let request: (accept: Int, burst: Burst)
    if let waiting {
      request = waiting
    } else {
      let burst = Burst(
        address: try simulation.peek(seen.araddr), beats: Int(try simulation.peek(seen.arlen)) + 1,
        id: try simulation.peek(seen.arid))
      let accept = memory.accept(visible: now - origin, address: Int(burst.address), beats: burst.beats)
      request = (origin + accept, burst)
      waiting = request
    }
    try simulation.poke(inputs.arready, now >= request.accept ? 1 : 0)
  }

  private func driveData() throws {
    presents = due.map { now >= $0 } ?? false
    try simulation.poke(inputs.rvalid, presents ? 1 : 0)
    guard presents else {
      if showsBeat { try spoilBeat() }
      return
    }
    showsBeat = true
    let burst = bursts[firstBurst]
    let offset = Int(burst.address) + head * beatBytes
    let isInside = offset >= 0 && offset + beatBytes <= image.count
    let words = (0..<beatBytes / 8).map { word in
      isInside
        ? UInt64(littleEndian: image.loadUnaligned(fromByteOffset: offset + word * 8, as: UInt64.self)) : 0
    }
    try simulation.poke(inputs.rdata, words: words)
    try simulation.poke(inputs.rresp, isInside ? 0 : 2)
    try simulation.poke(inputs.rid, burst.id)
    try simulation.poke(inputs.rlast, head + 1 == burst.beats ? 1 : 0)
  }

  /// What stands on the data channel without RVALID is nobody's.
  private func spoilBeat() throws {
    showsBeat = false
    let words = simulation.peekBits(inputs.rdata).words.map { ~$0 }
    try simulation.poke(inputs.rdata, words: words)
    try simulation.poke(inputs.rresp, 3)
    try simulation.poke(inputs.rid, try simulation.peek(inputs.rid) ^ 3)
    try simulation.poke(inputs.rlast, 1)
  }

  private func sample() throws {
    if try simulation.peek(seen.start) == 1 {
      (memory, origin, head, due) = (freshMemory, now, 0, nil)
      bursts = []
      firstBurst = 0
      tokens = []
    }
    if let request = waiting, try simulation.peek(inputs.arready) == 1 {
      bursts.append(request.burst)
      if due == nil { schedule() }
      waiting = nil
    }
    if presents { pop() }
    if try simulation.peek(seen.tokenValid) == 1 { tokens.append(Int(try simulation.peek(seen.token))) }
  }

  private func pop() {
    head += 1
    if head == bursts[firstBurst].beats {
      firstBurst += 1
      head = 0
      if firstBurst > 64 {
        bursts.removeFirst(firstBurst)
        firstBurst = 0
      }
    }
    due = nil
    if firstBurst < bursts.count { schedule() }
  }

  private func schedule() { due = origin + memory.nextBeat() }

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
