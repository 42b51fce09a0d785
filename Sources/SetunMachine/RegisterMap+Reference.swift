extension RegisterMap {
  /// The reference page of the control port, in Markdown.
  public var referencePage: String {
    var lines = [
      "# Control registers",
      "",
      "Written by `rtlgen registers` from the table from which also come the hardware's address decoder, the header of the C",
      "driver (`--format c`) and a description for programs (`--format json`); a test holds this page to it.",
      "",
      "An AXI4-Lite slave of 32-bit words with byte addresses, \(addressSpace / 1024) KiB. SLVERR, without any effect, answers",
      "addresses of no register, writes of less than a word or to what can only be read, reads of what can only be written, and",
      "writes to the prompt while busy. Other registers may be written at any time; a run keeps what they held at its START.",
      "",
      "## Registers",
      "",
    ]
    lines += summary
    lines += ["", "## Fields", ""]
    for register in registers where !register.fields.isEmpty {
      lines += ["### \(register.name)", "", "| bits | field | meaning |", "|---|---|---|"]
      lines += register.fields.map { "| \($0.bits) | \($0.name) | \($0.meaning) |" }
      lines.append("")
    }
    lines += ["## After a reset, and what can be written", ""]
    lines += ["| register | after a reset | bits that can be written | where |", "|---|---|---|---|"]
    for register in registers {
      let reset = register.reset.map { Self.hexadecimal($0) } ?? (register.access == .write ? "-" : "configuration")
      let bits = register.writableBits == 0 ? "-" : Self.hexadecimal(register.writableBits)
      lines.append("| \(register.name) | \(reset) | \(bits) | \(register.presence ?? "every core") |")
    }
    lines += ["", "## Causes", "", "| code | name | meaning |", "|---|---|---|"]
    lines += causes.map { "| \($0.code) | \($0.name) | \($0.meaning) |" }
    lines += [
      "", "## Configurations", "",
      "| name | CONFIG_HASH | channels | streams | beat bits | prompt entries | tokens held | vocabulary | MHz |",
      "|---|---|---|---|---|---|---|---|---|",
    ]
    for machine in configurations {
      let numbers = [
        machine.channels, machine.streams, machine.beatBits, machine.promptCapacity, machine.tokenCapacity,
        machine.vocabularyCapacity, machine.clockMHz,
      ]
      lines.append(
        "| `\(machine.name)` | 0x\(machine.hash) | \(numbers.map(String.init).joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The table of registers, as the architecture's page has it.
  public var summary: [String] {
    var lines = ["| address | name | access | meaning |", "|---|---|---|---|"]
    for register in registers {
      let fields = register.fields.isEmpty ? "" : ": " + register.fields.map(\.short).joined(separator: ", ")
      lines.append(
        "| \(Self.address(register.address)) | \(register.name) | \(register.access.rawValue) | \(register.meaning)\(fields) |"
      )
    }
    let window = promptWindow
    lines.append(
      "| \(Self.address(window.address)) + \(window.stride)n | \(window.name)[n] | \(window.access.rawValue) | \(window.meaning) |"
    )
    return lines
  }

  /// The causes in one sentence, as the architecture's page has them.
  public var causeList: String {
    "Causes: " + causes.map { "\($0.code) \($0.meaning)" }.joined(separator: ", ") + "."
  }

  static func hexadecimal(_ value: UInt32) -> String { "0x" + digits(UInt64(value), 8) }
  static func address(_ value: Int) -> String { "0x" + digits(UInt64(value), 4) }

  private static func digits(_ value: UInt64, _ count: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}

extension ControlRegister.Field {
  /// The bits as a table shows them: `7`, or `15:8`.
  var bits: String { width == 1 ? "\(lowBit)" : "\(lowBit + width - 1):\(lowBit)" }
  /// Bits, name and meaning in a few words.
  var short: String { "\(width == 1 ? "bit \(bits)" : "[\(bits)]") \(name) (\(meaning))" }
}
