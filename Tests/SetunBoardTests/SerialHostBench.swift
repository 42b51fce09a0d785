import HardwareDescription
import HardwareSimulator
import SeededRandom
import SetunBoard
import SetunMachine

/// `UARTHost` between a serial line and a core that is played: registers, tokens, logits.
final class SerialHostBench {
  /// A line of 4 cycles a bit; a silent line ends a request after 256 cycles, which are more than six bytes.
  static let link = BoardLink(baud: 1_000_000, clockMHz: 4, silenceBits: 8)

  let simulation: Simulation
  private let bit = SerialHostBench.link.cyclesPerBit
  private var random: SeededGenerator
  /// Whether the core's port makes the bridge wait now and then.
  private let stalls: Bool

  // The core.
  var registers: [UInt16: UInt32] = [:]
  /// Addresses that answer with SLVERR.
  var refused: Set<UInt16> = []
  private(set) var written: [(address: UInt16, data: UInt32)] = []
  var status = CoreStatus(isBusy: false, cause: .none, hasToken: false)
  var tokens: [UInt32] = []
  var logits: [(value: UInt32, isLast: Bool)] = []
  private(set) var logitsTaken = 0
  /// What happens in a cycle, beside everything else.
  var onCycle: (SerialHostBench) -> Void = { _ in }
  private var writeAddress: UInt16?
  private var writeData: UInt32?
  private var writeAnswer: Int?
  private var readAddress: UInt16?
  private var readAnswer: (data: UInt32, response: Int)?

  // The host's end of the line.
  private var levels: [Bool] = []
  private var position = 0
  private(set) var received: [UInt8] = []
  private var samples: [Bool] = []
  private var sampleTimer = -1
  /// Cycles in which the board's transmitter began a byte.
  private(set) var starts: [Int] = []
  var hold = false
  private(set) var cycle = 0

  init(seed: UInt64 = 1, stalls: Bool = false) throws {
    random = SeededGenerator(seed: seed)
    self.stalls = stalls
    simulation = try Simulation(UARTHost(link: Self.link), initialState: .random(seed: seed))
    try simulation.poke("rx", true)
    simulation.reset()
  }

  // MARK: The line

  /// Puts bytes on the line behind those that are there, with a stop bit each.
  func send(_ bytes: [UInt8], stop: Bool = true) {
    for byte in bytes { levels += [false] + (0..<8).map { byte >> $0 & 1 == 1 } + [stop] }
  }

  /// Leaves the line idle for some bits, or pulls it down.
  func idle(bits: Int, level: Bool = true) { levels += Array(repeating: level, count: bits) }

  /// Takes the rest of what was to be sent off the line, which is idle at once.
  func cutLine() {
    levels = levels[..<position] + [true]
    position += 1
  }

  // MARK: Time

  func run(_ cycles: Int) throws { for _ in 0..<cycles { try step() } }

  /// Runs until as many bytes have come from the board in all, or the time is over; all that have come.
  @discardableResult
  func receive(_ count: Int, limit: Int = 50_000) throws -> [UInt8] {
    let end = cycle + limit
    while received.count < count, cycle < end { try step() }
    return received
  }

  private func step() throws {
    onCycle(self)
    func ready() -> Bool { !stalls || Int.random(in: 0..<4, using: &random) == 0 }
    if cycle % bit == 0, position < levels.count { position += 1 }
    try simulation.poke("rx", position == 0 || levels[position - 1])
    try simulation.poke("hold", hold)
    let (writeAddressReady, writeDataReady) = (writeAddress == nil && ready(), writeData == nil && ready())
    let readAddressReady = readAddress == nil && ready()
    try simulation.poke("axil_awready", writeAddressReady)
    try simulation.poke("axil_wready", writeDataReady)
    try simulation.poke("axil_arready", readAddressReady)
    try simulation.poke("axil_bvalid", writeAnswer != nil)
    try simulation.poke("axil_bresp", writeAnswer ?? 0)
    try simulation.poke("axil_rvalid", readAnswer != nil)
    try simulation.poke("axil_rdata", UInt64(readAnswer?.data ?? 0xDEAD_BEEF))
    try simulation.poke("axil_rresp", readAnswer?.response ?? 3)
    try simulation.poke("logits_tvalid", !logits.isEmpty)
    try simulation.poke("logits_tdata", UInt64(logits.first?.value ?? 0))
    try simulation.poke("logits_tlast", logits.first?.isLast ?? false)

    let writesAddress = try simulation.peek("axil_awvalid") == 1 && writeAddressReady
    let writesData = try simulation.peek("axil_wvalid") == 1 && writeDataReady
    let reads = try simulation.peek("axil_arvalid") == 1 && readAddressReady
    let takesWriteAnswer = try simulation.peek("axil_bready") == 1
    let takesReadAnswer = try simulation.peek("axil_rready") == 1
    let takesLogit = try simulation.peek("logits_tready") == 1
    if writesAddress { writeAddress = UInt16(try simulation.peek("axil_awaddr")) }
    if writesData { writeData = UInt32(try simulation.peek("axil_wdata")) }
    if reads { readAddress = UInt16(try simulation.peek("axil_araddr")) }
    if takesLogit, !logits.isEmpty {
      logits.removeFirst()
      logitsTaken += 1
    }
    try listen()
    simulation.step()
    cycle += 1
    if takesWriteAnswer { writeAnswer = nil }
    if takesReadAnswer { readAnswer = nil }
    answer()
  }

  /// The core takes what it has been given.
  private func answer() {
    if let address = writeAddress, let data = writeData, writeAnswer == nil {
      written.append((address, data))
      (writeAddress, writeData) = (nil, nil)
      writeAnswer = refused.contains(address) ? 2 : 0
      registers[address] = data
    }
    if let address = readAddress, readAnswer == nil {
      readAddress = nil
      var data = registers[address] ?? 0
      status.hasToken = !tokens.isEmpty
      if address == ControlRegister.status.address { data = status.rawValue }
      if address == ControlRegister.token.address { data = tokens.isEmpty ? 0 : 1 << 31 | tokens.removeFirst() }
      readAnswer = (data, refused.contains(address) ? 2 : 0)
    }
  }

  /// The host's receiver.
  private func listen() throws {
    let level = try simulation.peek("tx") == 1
    if sampleTimer < 0 {
      guard !level else { return }
      sampleTimer = bit / 2
      samples = []
      starts.append(cycle)
    }
    if sampleTimer > 0 {
      sampleTimer -= 1
      return
    }
    samples.append(level)
    sampleTimer = bit - 1
    guard samples.count == 10 else { return }
    sampleTimer = -1
    // A frame without its stop bit shows as a byte that no test expects.
    received.append(
      samples[9] ? samples[1...8].enumerated().reduce(0) { $0 | ($1.element ? 1 << $1.offset : 0) } : 0xFF)
  }
}

extension UInt32 {
  var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
