import Foundation
import HostTools
import SetunDriver
import SetunMachine
import Testing

@Suite("The C driver by itself")
struct ArgumentTests {
  /// The addresses written, and what to each.
  static func written(_ link: Link) -> [String] {
    link.writes.map { address, value in
      let register = ControlRegister(rawValue: UInt16(address))
      return "\(register?.name ?? "PROMPT[\((address - UInt32(ControlRegister.promptWindow)) / 4)]")=\(value)"
    }
  }

  static func driver(_ configuration: Configuration) -> Driver {
    Driver(Link(RecordingPort(configuration)), configuration)
  }

  @Test("what the core would refuse is refused before anything is written")
  func refusals() {
    let tiny = Configuration.tiny
    let driver = Self.driver(tiny)
    #expect(driver.result == SETUN_OK)
    #expect(driver.setSequence([], budget: 1) == SETUN_BAD_ARGUMENT)
    #expect(driver.setSequence([1], budget: 0) == SETUN_BAD_ARGUMENT)
    #expect(driver.setSequence([1], budget: 1, stream: 1) == SETUN_BAD_ARGUMENT)
    #expect(driver.setSequence([1, tiny.vocabularyCapacity], budget: 1) == SETUN_BAD_ARGUMENT)
    let long = [Int](repeating: 1, count: tiny.promptCapacity + 1)
    #expect(driver.setSequence(long, budget: 1) == SETUN_BAD_ARGUMENT)
    #expect(driver.start(base: 0x800) == SETUN_BAD_ARGUMENT)
    #expect(driver.start(base: 1 << 40) == SETUN_BAD_ARGUMENT)
    for option in [SETUN_CONTROL_START_MASK, SETUN_CONTROL_ABORT_MASK, SETUN_CONTROL_SOFT_RESET_MASK, 1 << 8] {
      #expect(driver.start(option) == SETUN_BAD_ARGUMENT)
    }
    #expect(Self.driver(.u250).start(stride: 0x800) == SETUN_BAD_ARGUMENT)
    #expect(driver.link.writes.isEmpty)
    #expect(driver.setSequence([Int](long.dropLast()), budget: 1) == SETUN_OK)
    #expect(driver.link.writes.count == tiny.promptCapacity + 2)
  }

  @Test("every stream gets its prompt and budget, and the run its image, in this order")
  func streams() {
    let driver = Self.driver(.u250x4)
    #expect(driver.setSequence([5, 6], budget: 7, stream: 3) == SETUN_OK)
    #expect(
      driver.start(SETUN_CONTROL_CLEAR_MASK | SETUN_CONTROL_USE_EOS_MASK, base: 0xAB_1234_5000, stride: 0x7000, end: 2)
        == SETUN_OK)
    #expect(
      Self.written(driver.link) == [
        "STREAM=3", "PROMPT[0]=5", "PROMPT[1]=6", "PROMPT_LENGTH=2", "TOKEN_BUDGET=7", "IMAGE_BASE_LOW=\(0x1234_5000)",
        "IMAGE_BASE_HIGH=\(0xAB)", "CHANNEL_STRIDE=\(0x7000)", "EOS_ID=2",
        "CONTROL=\((ControlCommand.start.union(.clear).union(.useEOS)).rawValue)",
      ])
    let cleared = Self.driver(.u250x4)
    #expect(setun_clear_sequences(&cleared.device) == SETUN_OK)
    #expect(
      Self.written(cleared.link) == (0..<4).flatMap { ["STREAM=\($0)", "PROMPT_LENGTH=0", "TOKEN_BUDGET=0"] })
    let single = Self.driver(.tiny)
    #expect(setun_clear_sequences(&single.device) == SETUN_OK && single.link.writes.isEmpty)
  }

  @Test("a token says its stream")
  func words() {
    let driver = Self.driver(.u250x4)
    driver.link.disguises[UInt32(ControlRegister.token.address)] = 0x8F00_FFFE
    var token = setun_token()
    #expect(setun_read_token(&driver.device, &token) == SETUN_OK && token.id == 0xFFFE && token.stream == 15)
    driver.link.disguises[UInt32(ControlRegister.token.address)] = 0x0F00_FFFE
    #expect(setun_read_token(&driver.device, &token) == SETUN_NO_TOKEN)
  }

  /// A counter that passes 2^32 in front of one of the reads.
  final class Counter: RegisterPort {
    private var value: UInt64 = 0xFFFF_FFFF
    private var reads = 0
    private let turn: Int

    init(turn: Int) { self.turn = turn }

    func read(_ address: UInt32) -> UInt32 {
      if reads == turn { value += 1 }
      reads += 1
      let isLow = [ControlRegister.cyclesLow, .beatsLow].contains { UInt32($0.address) == address }
      return UInt32(truncatingIfNeeded: isLow ? value : value >> 32)
    }

    func write(_ address: UInt32, _ value: UInt32) {}
    func wait() {}
  }

  @Test("the halves of a counter that goes on belong together", arguments: 0...3)
  func counters(turn: Int) {
    for read in [setun_read_cycles, setun_read_beats] {
      let link = Link(Counter(turn: turn))
      var device = setun_device()
      device.transport = link.transport
      var value: UInt64 = 0
      #expect(read(&device, &value) == SETUN_OK)
      #expect([0xFFFF_FFFF, 0x1_0000_0000].contains(value), "\(value)")
    }
  }

  @Test("every result and cause has its text")
  func texts() {
    let results = [
      SETUN_OK, SETUN_ACCESS, SETUN_NOT_SETUN, SETUN_WRONG_VERSION, SETUN_WRONG_CONFIGURATION, SETUN_BUSY,
      SETUN_BAD_ARGUMENT, SETUN_NO_TOKEN, SETUN_ENDED, SETUN_TIMEOUT, SETUN_MAPPING,
    ]
    #expect(Set(results.map { String(cString: setun_result_text($0)) }).count == results.count)
    #expect(String(cString: setun_result_text(setun_result(rawValue: 99))) == "unknown result")
    for code in UInt32(0)...20 {
      let cause = StopCause(rawValue: UInt8(code))
      #expect(String(cString: setun_cause_text(code)) == cause?.explanation ?? "unknown cause")
      #expect((setun_cause_is_success(code) != 0) == cause?.isSuccess ?? false)
    }
  }

  @Test("a mapped window reads and writes the words of the file")
  func window() throws {
    let path = NSTemporaryDirectory() + "/setun-window-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    // The transport keeps the window's address.
    let window = UnsafeMutablePointer<setun_window>.allocate(capacity: 1)
    defer { window.deallocate() }
    #expect(setun_map(window, path, 0) == SETUN_MAPPING && window.pointee.words == nil)
    var bytes = Data(count: Int(SETUN_ADDRESS_SPACE))
    let configuration = Configuration.tiny
    for register in ControlRegister.allCases {
      guard let value = register.resetValue(in: configuration) else { continue }
      withUnsafeBytes(of: value.littleEndian) {
        bytes.replaceSubrange(Int(register.address)..<Int(register.address) + 4, with: $0)
      }
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(setun_map(window, path, 1) == SETUN_MAPPING, "an offset within a page")
    try #require(setun_map(window, path, 0) == SETUN_OK)
    var transport = setun_window_transport(window)
    var device = setun_device()
    var machine = setun_configuration(configuration)
    #expect(setun_open(&device, &transport, &machine) == SETUN_OK)
    #expect(setun_set_sequence(&device, 0, [3, 4], 2, 9) == SETUN_OK)
    setun_unmap(window)
    #expect(window.pointee.words == nil)
    let file = try Data(contentsOf: URL(fileURLWithPath: path))
    func word(_ address: UInt16) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(file[Int(address) + $1]) << UInt32(8 * $1) }
    }
    #expect(word(0x4000) == 3 && word(0x4004) == 4 && word(ControlRegister.tokenBudget.address) == 9)
  }

  @Test("the sources are strict C99 without a library, and the headers C++ as well")
  func compiles() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/SetunDriver").path
    let compiler = try #require(Tool.cxxCompiler())
    let strict = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-pedantic", "-fsyntax-only"]
    let headers = "\(sources)/include/setun_map.h"
    for arguments in [
      ["-x", "c", "-std=c99", "-ffreestanding", "\(sources)/setun.c"],
      ["-x", "c", "-std=c99", "\(sources)/setun_map.c"],
      ["-x", "c++", "-std=c++11", headers],
    ] {
      let output = try #require(Tool.run(compiler, strict + ["-I\(sources)/include"] + arguments))
      #expect(output.status == 0, "\(output.text)")
    }
  }
}
