import Foundation
import HostTools
import SetunMachine
import Testing

@Suite("The register map, for people, for C and for programs")
struct RegisterMapTests {
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }

  @Test("the reference pages are what their commands write")
  func pages() throws {
    let pages = "Sources/SetunMachine/SetunMachine.docc"
    #expect(try Self.text("\(pages)/Registers.md") == RegisterMap().referencePage, "rtlgen registers writes it")
    #expect(try Self.text("\(pages)/InstructionSet.md") == InstructionSet.referencePage, "rtlgen isa writes it")
  }

  @Test("the architecture's table of registers and list of causes are those of the map")
  func architecture() throws {
    let page = try Self.text("ARCHITECTURE.md")
    let map = RegisterMap()
    let table = map.summary.joined(separator: "\n")
    #expect(page.contains("\n\(table)\n\n"), "the table must be\n\(table)")
    #expect(page.contains("\n\(map.causeList)\n"), "the causes must be\n\(map.causeList)")
  }

  @Test("the driver's header is what the command writes")
  func committedHeader() throws {
    #expect(
      try Self.text("Sources/SetunDriver/include/setun_registers.h") == RegisterMap().header,
      "rtlgen registers --format c writes it")
  }

  @Test("the map holds every register, field and cause, and JSON brings it back whole")
  func json() throws {
    let map = RegisterMap()
    let decoded = try JSONDecoder().decode(RegisterMap.self, from: JSONEncoder().encode(map))
    #expect(decoded == map)
    #expect(decoded.registers.count == ControlRegister.allCases.count)
    for row in decoded.registers {
      let register = try #require(ControlRegister(rawValue: UInt16(row.address)))
      #expect(row.name == register.name && row.access == register.access && row.fields == register.fields)
      #expect((row.writableBits != 0) == (register.access != .read), "\(row.name)")
      // A field of a register that is written lies in bits that take it.
      if register.access != .read {
        for field in row.fields { #expect(field.mask & ~row.writableBits == 0, "\(row.name).\(field.name)") }
      }
    }
    #expect(decoded.causes.map { UInt8($0.code) } == StopCause.allCases.map(\.rawValue))
    #expect(Set(decoded.causes.map(\.name)).count == decoded.causes.count)
    #expect(decoded.causes.filter(\.isSuccess).map(\.name) == ["BUDGET_REACHED", "END_OF_SEQUENCE"])
    for (machine, configuration) in zip(decoded.configurations, Configuration.named) {
      #expect(machine.name == configuration.name && UInt64(machine.hash, radix: 16) == configuration.hash)
      #expect(machine.hash.count == 16)
      #expect(machine.registers.contains("STREAM") == (configuration.streams > 1))
      #expect(machine.registers.contains("CHANNEL_STRIDE") == (configuration.channels > 1))
    }
  }

  /// What the header must say, taken straight from the enumerations.
  static func expectedConstants(_ configurations: [Configuration]) -> [String: UInt64] {
    var expected: [String: UInt64] = [
      "SETUN_ADDRESS_SPACE": 0x10000, "SETUN_IDENTITY_VALUE": UInt64(ImageHeader.magic),
      "SETUN_FORMAT_VERSION": UInt64(ImageHeader.version), "SETUN_REG_PROMPT": 0x4000, "SETUN_PROMPT_STRIDE": 4,
      "SETUN_PROMPT_ENTRIES": UInt64(ControlRegister.promptWindowEntries),
    ]
    for register in ControlRegister.allCases {
      expected["SETUN_REG_\(register.name)"] = UInt64(register.address)
      if let reset = register.resetValue() { expected["SETUN_REG_\(register.name)_RESET"] = UInt64(reset) }
      if register.access != .read {
        expected["SETUN_REG_\(register.name)_WRITABLE"] = UInt64(register.writableBits())
      }
      for field in register.fields {
        expected["SETUN_\(register.name)_\(field.name)_SHIFT"] = UInt64(field.lowBit)
        expected["SETUN_\(register.name)_\(field.name)_MASK"] = UInt64(field.mask)
      }
    }
    for cause in StopCause.allCases { expected["SETUN_CAUSE_\(cause.name)"] = UInt64(cause.rawValue) }
    for configuration in configurations {
      let prefix = "SETUN_CONFIG_" + configuration.name.uppercased().replacingOccurrences(of: "-", with: "_")
      let numbers: [String: Int] = [
        "CHANNELS": configuration.channels, "STREAMS": configuration.streams, "BEAT_BITS": configuration.beatBits,
        "PROMPT_CAPACITY": configuration.promptCapacity, "TOKEN_CAPACITY": configuration.tokenCapacity,
        "VOCABULARY_CAPACITY": configuration.vocabularyCapacity, "CLOCK_MHZ": configuration.clockMHz,
      ]
      for (key, value) in numbers { expected["\(prefix)_\(key)"] = UInt64(value) }
      expected["\(prefix)_HASH_LOW"] = configuration.hash & 0xFFFF_FFFF
      expected["\(prefix)_HASH_HIGH"] = configuration.hash >> 32
    }
    return expected
  }

  @Test("the C header compiles without a warning, and its constants are those of the enumerations")
  func compiledHeader() throws {
    var dashed = Configuration.tiny
    dashed.name = "my-board_2"
    let configurations = Configuration.named + [dashed]
    let header = RegisterMap(configurations: configurations).header
    let expected = Self.expectedConstants(configurations)
    let names = Set(
      header.split(separator: "\n").compactMap { line -> String? in
        guard line.hasPrefix("#define SETUN_"), let name = line.split(separator: " ").dropFirst().first else {
          return nil
        }
        let isNumber = line.split(separator: " ").dropFirst(2).first?.first?.isNumber ?? false
        return isNumber ? String(name) : nil
      })
    #expect(names == Set(expected.keys))

    let directory = FileManager.default.temporaryDirectory.appending(path: "setun-header-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data(header.utf8).write(to: directory.appending(path: "setun_registers.h"))
    let rows = names.sorted().map { "  printf(\"\($0) %llu\\n\", (unsigned long long)\($0));" }
    let program = """
      #include "setun_registers.h"
      #include "setun_registers.h"
      #include <stdio.h>
      #define PRINT(code, name, text, success) printf("cause %u %s %d\\n", code, text, success);
      int main(void) {
        const unsigned numbers[] = SETUN_CONFIG_U250X4_CONFIGURATION;
      \(rows.joined(separator: "\n"))
        SETUN_CAUSES(PRINT)
        printf("numbers %u\\n", (unsigned)(sizeof numbers / sizeof numbers[0]));
        return 0;
      }

      """
    let source = directory.appending(path: "print.c")
    try Data(program.utf8).write(to: source)
    let compiler = try #require(Tool.cxxCompiler())
    let binary = directory.appending(path: "print").path
    let compilation = try #require(
      Tool.run(
        compiler,
        ["-x", "c", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", source.path, "-o", binary]))
    try #require(compilation.status == 0, "\(compilation.text)")
    let printed = try #require(Tool.run(binary, [])).text.split(separator: "\n")
    var found: [String: UInt64] = [:]
    for line in printed where line.hasPrefix("SETUN_") {
      let parts = line.split(separator: " ")
      found[String(parts[0])] = UInt64(parts[1])
    }
    #expect(found == expected)
    let causes = StopCause.allCases.map { "cause \($0.rawValue) \($0.explanation) \($0.isSuccess ? 1 : 0)" }
    #expect(printed.filter { $0.hasPrefix("cause ") }.map(String.init) == causes)
    #expect(printed.last == "numbers 7")
  }
}
