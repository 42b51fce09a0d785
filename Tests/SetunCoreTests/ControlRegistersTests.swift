import SeededRandom
import SetunMachine
import Testing

/// The host's side of the control port.
@Suite struct ControlRegistersTests {
  /// An AXI4-Lite master with random timing; checks the channels' rules in passing.
  struct Host {
    let bench: ModuleBench
    var random: SeededGenerator
    /// Start, abort and soft reset pulses seen in the last transfer, and the cycle of the last start.
    var pulses: [String: Int] = [:]
    /// Called before every clock edge.
    var everyCycle: (ModuleBench) -> Void = { _ in }

    init(_ bench: ModuleBench, seed: UInt64) {
      self.bench = bench
      random = SeededGenerator(seed: seed)
    }

    mutating func clock() {
      for pulse in ["start", "abort", "soft_reset"] where bench[pulse] == 1 { pulses[pulse, default: 0] += 1 }
      everyCycle(bench)
      bench.clock()
    }

    /// Address and data in any order; returns BRESP.
    mutating func write(_ address: Int, _ data: Int, strobes: Int = 15) throws -> Int {
      pulses = [:]
      var (addressDelay, dataDelay) = (Int.random(in: 0...3, using: &random), Int.random(in: 0...3, using: &random))
      var (addressDone, dataDone) = (false, false)
      var responseDelay = Int.random(in: 0...3, using: &random)
      for _ in 0..<40 {
        let offersAddress = !addressDone && addressDelay == 0
        let offersData = !dataDone && dataDelay == 0
        bench["axil_awvalid"] = offersAddress ? 1 : 0
        bench["axil_awaddr"] = offersAddress ? address : 0x5A5A
        bench["axil_wvalid"] = offersData ? 1 : 0
        bench["axil_wdata"] = offersData ? data : 0x5A5A_5A5A
        bench["axil_wstrb"] = offersData ? strobes : 0
        let answered = bench["axil_bvalid"] == 1
        if answered { try #require(addressDone && dataDone, "an answer before address and data") }
        bench["axil_bready"] = answered && responseDelay == 0 ? 1 : 0
        let response = bench["axil_bresp"]
        let (takesAddress, takesData) = (bench["axil_awready"] == 1, bench["axil_wready"] == 1)
        clock()
        if answered {
          if responseDelay == 0 {
            bench["axil_bready"] = 0
            #expect(bench["axil_bvalid"] == 0)
            return response
          }
          #expect(bench["axil_bvalid"] == 1 && bench["axil_bresp"] == response)
          responseDelay -= 1
        }
        if offersAddress, takesAddress { addressDone = true }
        if offersData, takesData { dataDone = true }
        addressDelay = max(0, addressDelay - 1)
        dataDelay = max(0, dataDelay - 1)
      }
      throw BenchLibrary.Failure("no write answer")
    }

    /// Returns RDATA and RRESP.
    mutating func read(_ address: Int) throws -> (data: Int, response: Int) {
      for _ in 0..<Int.random(in: 0...2, using: &random) { clock() }
      bench["axil_arvalid"] = 1
      bench["axil_araddr"] = address
      while bench["axil_arready"] == 0 { clock() }
      clock()
      bench["axil_arvalid"] = 0
      bench["axil_araddr"] = 0x5A5A
      for _ in 0..<10 where bench["axil_rvalid"] == 0 { clock() }
      try #require(bench["axil_rvalid"] == 1)
      let answer = (bench["axil_rdata"], bench["axil_rresp"])
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        clock()
        #expect(bench["axil_rvalid"] == 1 && bench["axil_rdata"] == answer.0 && bench["axil_rresp"] == answer.1)
      }
      bench["axil_rready"] = 1
      clock()
      bench["axil_rready"] = 0
      #expect(bench["axil_rvalid"] == 0)
      return answer
    }

    mutating func read(_ register: ControlRegister) throws -> Int {
      let (data, response) = try read(Int(register.address))
      #expect(response == 0)
      return data
    }

    mutating func write(_ register: ControlRegister, _ data: Int) throws {
      #expect(try write(Int(register.address), data) == 0)
    }
  }

  static let okay = 0
  static let slaveError = 2

  @Test(arguments: ControlModels.configurations)
  func readsBackWhatIsWrittenAndRefusesTheRest(_ configuration: Configuration) throws {
    var host = Host(try ControlModels.bench(configuration, "registers"), seed: 1)
    var values: [ControlRegister: Int] = [
      .identity: 0x4E54_4553, .version: 1, .configHashLow: Int(configuration.hash & 0xFFFF_FFFF),
      .configHashHigh: Int(configuration.hash >> 32), .imageBaseLow: 0, .imageBaseHigh: 0, .promptLength: 0,
      .tokenBudget: 0, .eosID: 0, .cyclesLow: 0x89AB_CDEF, .cyclesHigh: 0x0123_4567, .beatsLow: 0x7654_3210,
      .beatsHigh: 0x0FED_CBA9, .token: 0, .status: 0x0000_0A00,
    ]
    host.bench["cycles"] = 0x0123_4567_89AB_CDEF
    host.bench["beats"] = 0x0FED_CBA9_7654_3210
    host.bench["cause"] = 10
    let present = ControlRegister.allCases.filter { $0.isPresent(in: configuration) }
    let masks: [ControlRegister: Int] = [.imageBaseLow: 0xFFFF_F000, .imageBaseHigh: 0xFF]
    for _ in 0..<400 {
      let data = Int(UInt32.random(in: .min ... .max, using: &host.random))
      switch Int.random(in: 0..<8, using: &host.random) {
      case 0...2:
        guard let register = present.randomElement(using: &host.random), register != .control else {
          continue
        }
        let strobes = host.random.oneIn(4) ? Int.random(in: 0..<15, using: &host.random) : 15
        let isLegal = register.access == .readWrite && strobes == 15
        #expect(
          try host.write(Int(register.address), data, strobes: strobes) == (isLegal ? Self.okay : Self.slaveError))
        if isLegal { values[register] = data & (masks[register] ?? 0xFFFF_FFFF) }
      case 3...5:
        guard let register = present.randomElement(using: &host.random) else { continue }
        let (data, response) = try host.read(Int(register.address))
        #expect(data == values[register] ?? 0, "\(register)")
        #expect(response == (register == .control ? Self.slaveError : Self.okay))
      case 6:
        let address = Int.random(in: 0..<0x1_0000, using: &host.random)
        guard ControlRegister(rawValue: UInt16(address))?.isPresent(in: configuration) != true else { continue }
        let answer = try host.read(address)
        #expect(answer.data == 0 && answer.response == Self.slaveError)
      default:
        let address = Int.random(in: 0..<0x1_0000, using: &host.random)
        guard ControlRegister(rawValue: UInt16(address))?.isPresent(in: configuration) != true else { continue }
        let isPrompt = address >= 0x4000 && address < 0x4000 + 4 * configuration.promptCapacity && address % 4 == 0
        #expect(try host.write(address, data) == (isPrompt ? Self.okay : Self.slaveError))
      }
      #expect(host.pulses.isEmpty)
    }
  }

  @Test(arguments: ControlModels.configurations)
  func startCopiesTheSettingsAndABusyRunKeepsThem(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "registers")
    var host = Host(bench, seed: 2)
    var wasStarted = false
    host.everyCycle = { bench in
      // As run control does: busy from the cycle after the start pulse on.
      if bench["start"] == 1 { wasStarted = true } else if wasStarted { bench["busy"] = 1 }
    }
    let base = 0xAB_1234_5000
    try host.write(.imageBaseLow, base & 0xFFFF_FFFF)
    try host.write(.imageBaseHigh, base >> 32)
    try host.write(.promptLength, 3)
    try host.write(.tokenBudget, 40)
    try host.write(.eosID, 2)
    let command: ControlCommand = [.start, .clear, .useEOS, .score]
    try host.write(.control, Int(command.rawValue))
    #expect(host.pulses == ["start": 1])
    #expect(try host.read(.status) & 1 == 1)
    func check() {
      #expect(bench["image_base"] == base)
      #expect(bench["prompt_length"] == 3)
      #expect(bench["token_budget"] == 40)
      #expect(bench["eos_id"] == 2)
      #expect(bench["clear_state"] == 1 && bench["use_eos"] == 1 && bench["score"] == 1 && bench["logits_enable"] == 0)
    }
    check()
    // The next run's settings, while this one is busy.
    for register in [ControlRegister.imageBaseLow, .imageBaseHigh, .promptLength, .tokenBudget, .eosID] {
      try host.write(register, 0x1_2000)
    }
    #expect(try host.write(0x4000, 1) == Self.slaveError)
    try host.write(.control, Int(ControlCommand([.start, .logits]).rawValue))
    #expect(host.pulses.isEmpty)
    check()
    try host.write(.control, Int(ControlCommand.abort.rawValue))
    #expect(host.pulses == ["abort": 1])
    try host.write(.control, Int(ControlCommand.softReset.rawValue))
    #expect(host.pulses == ["soft_reset": 1])
    check()
    wasStarted = false
    bench["busy"] = 0
    #expect(try host.read(.status) & 1 == 0)
    // An end token that no token can be.
    try host.write(.control, Int(ControlCommand([.start, .useEOS, .logits]).rawValue))
    #expect(host.pulses == ["start": 1])
    #expect(bench["use_eos"] == 0 && bench["logits_enable"] == 1 && bench["clear_state"] == 0 && bench["score"] == 0)
    #expect(bench["prompt_length"] == 0x1_2000)
    #expect(bench["image_base"] == 0x00_0001_2000)
  }

  @Test(arguments: ControlModels.configurations)
  func keepsThePrompt(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "registers")
    var host = Host(bench, seed: 3)
    let count = min(configuration.promptCapacity, 50)
    var prompt: [Int: Int] = [:]
    for _ in 0..<count {
      let index = Int.random(in: 0..<configuration.promptCapacity, using: &host.random)
      let token = Int(UInt32.random(in: .min ... .max, using: &host.random)) >> (host.random.oneIn(2) ? 16 : 0)
      #expect(try host.write(0x4000 + 4 * index, token) == Self.okay)
      prompt[index] = token
    }
    for (index, token) in prompt {
      bench["prompt_address"] = index
      bench.clock()
      bench["prompt_address"] = 0
      #expect(bench["prompt_data"] == (token & 0xFFFF) | (token > 0xFFFF ? 0x1_0000 : 0))
    }
  }

  @Test(arguments: ControlModels.configurations)
  func handsOutTokensInOrder(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "registers")
    var host = Host(bench, seed: 4)
    var queue: [Int] = []
    for _ in 0..<20 {
      // Fill to a random level, then take some out.
      for _ in 0..<Int.random(in: 0...configuration.tokenCapacity, using: &host.random) {
        #expect(bench["token_space"] == (queue.count < configuration.tokenCapacity ? 1 : 0))
        guard queue.count < configuration.tokenCapacity else { break }
        let token = Int.random(in: 0...0xFFFF, using: &host.random)
        bench["token_valid"] = 1
        bench["token_id"] = token
        bench.clock()
        bench["token_valid"] = 0
        queue.append(token)
      }
      for _ in 0..<Int.random(in: 0...configuration.tokenCapacity, using: &host.random) {
        #expect(try host.read(.status) == (queue.isEmpty ? 0 : 1 << 16))
        let word = try host.read(.token)
        #expect(word == (queue.isEmpty ? 0 : 1 << 31 | queue.removeFirst()))
      }
    }
  }
}
