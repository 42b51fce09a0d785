import SetunMachine
import Testing

struct ControlRegisterTests {
  @Test("registers are aligned words below the prompt window, each name once")
  func layout() {
    let registers = ControlRegister.allCases
    #expect(registers.allSatisfy { $0.address % 4 == 0 && $0.address < ControlRegister.promptWindow })
    #expect(Set(registers.map(\.name)).count == registers.count)
    #expect(registers.allSatisfy { !$0.meaning.isEmpty })
    #expect(ControlRegister.promptAddress(0) == 0x4000)
    #expect(ControlRegister.promptAddress(ControlRegister.promptWindowEntries - 1) == 0xFFFC)
    #expect(ControlRegister.promptAddress(ControlRegister.promptWindowEntries) == nil)
    #expect(ControlRegister.promptAddress(-1) == nil)
  }

  @Test("fields do not overlap and agree with the option set", arguments: ControlRegister.allCases)
  func fields(_ register: ControlRegister) {
    var taken: UInt32 = 0
    for field in register.fields {
      #expect(field.mask & taken == 0)
      taken |= field.mask
    }
    if register == .control {
      let all: ControlCommand = [.start, .abort, .softReset, .clear, .useEOS, .logits, .score, .oneSequence]
      #expect(taken == all.rawValue)
    }
  }

  @Test("status is taken apart and put together")
  func status() {
    for cause in StopCause.allCases {
      for (busy, token) in [(false, false), (true, false), (false, true), (true, true)] {
        let status = CoreStatus(isBusy: busy, cause: cause, hasToken: token)
        #expect(CoreStatus(rawValue: status.rawValue) == status)
        #expect(CoreStatus(rawValue: status.rawValue).cause == cause)
      }
    }
    #expect(CoreStatus(rawValue: 0x1_0B01).causeCode == 11)
    #expect(CoreStatus(rawValue: 0x0_FF00).cause == nil)
  }
}

struct MemoryModelTests {
  @Test(
    "texts are read and written",
    arguments: [
      "ideal", "random:0", "random:18446744073709551615", "ddr4", "hbm2", "ddr4-shared:1", "ddr4-shared:8",
    ])
  func texts(_ text: String) throws {
    #expect(try MemoryModel(parsing: text).description == text)
    #expect(try MemoryModel(parsing: "random:0xff") == .random(seed: 255))
  }

  @Test(
    "other texts are refused",
    arguments: [
      "", "Ideal", "ideal:", "random", "random:", "random:-1", "random:x", "random:1:", "slow", "ddr4:1", "ddr5",
      "hbm2:",
      "ddr4-shared", "ddr4-shared:", "ddr4-shared:3", "ddr4-shared:0", "ddr4-shared:-4", "ddr4-shared:x",
    ])
  func refusals(_ text: String) {
    #expect(throws: MemoryModel.ParseError(text: text)) { try MemoryModel(parsing: text) }
  }

  @Test("the ideal memory never stalls; the random one stalls a quarter of the time by 0 to 15 cycles")
  func stalls() {
    let seed = UInt64.random(in: 0...UInt64.max)
    let memory = MemoryModel.random(seed: seed)
    var histogram = [Int](repeating: 0, count: 16)
    for index in UInt64(0)..<64_000 {
      #expect(MemoryModel.ideal.dataStall(index) == 0)
      histogram[memory.dataStall(index)] += 1
    }
    // One in 64 for each of 1 to 15: 1000 expected.
    #expect(histogram[1...].allSatisfy { (750...1250).contains($0) }, "seed \(seed): \(histogram)")
  }

  @Test("the hash is the splitmix64 finaliser")
  func hash() {
    // The first outputs of splitmix64 from state 0: the finaliser of the golden gamma and of twice it.
    // A seed times the golden ratio's odd constant is splitmix64's state: seeds 1 and 2 give its first two outputs.
    #expect(MemoryModel.hash(seed: 1, channel: .address, index: 0) == 0xE220_A839_7B1D_CDAF)
    #expect(MemoryModel.hash(seed: 2, channel: .address, index: 0) == 0x6E78_9E6A_A1B9_65F4)
    // Channel and index enter by exclusive or, beside the product.
    let inverse: UInt64 = 0xF1DE_83E1_9937_733D
    #expect(inverse &* 0x9E37_79B9_7F4A_7C15 == 1)
    let seed = (5 &* 0x9E37_79B9_7F4A_7C15 ^ (1 << 56) ^ 9) &* inverse
    #expect(
      MemoryModel.hash(seed: 5, channel: .data, index: 9)
        == MemoryModel.hash(seed: seed, channel: .address, index: 0))
  }
}

struct RetireLogTests {
  @Test("lanes of instructions start their digest again, the others go on and count themselves")
  func lanes() {
    var log = RetireLog()
    let tag = RetireTag(sequence: 7, opcode: 0x08, destination: 3)
    for _ in 0..<2 {
      log.fold(.load, 5)
      log.close(.load, cycle: 9, tag: tag)
      log.recordToken(cycle: 10, id: 5)
    }
    #expect(log.records[0] == log.records[2])
    #expect(log.records[0].digest == 5 &* 0x9E37_79B9_7F4A_7C15)
    #expect(log.records[0].sequence == 7 && log.records[0].opcode == 8 && log.records[0].destination == 3)
    #expect(log.records[1].sequence == 0 && log.records[3].sequence == 1)
    #expect(log.records[1].digest != log.records[3].digest)
    #expect(tag.bits == 0x03_08_0000_0007)
  }

  @Test("sums are sign-extended and preceded by their cycle")
  func sums() {
    var log = RetireLog()
    log.foldSums(cycle: 3, [-1, 2, 0, 0, 0])
    log.close(.sums, cycle: 3, tag: RetireTag(sequence: 0, opcode: 8, destination: 0))
    var digest = Digest()
    for word: UInt64 in [3, .max, 2, 0, 0, 0] { digest.fold(word) }
    #expect(log.records[0].digest == digest.value)
  }
}
