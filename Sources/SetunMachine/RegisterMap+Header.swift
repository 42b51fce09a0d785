extension RegisterMap {
  /// The map as a C header: macros only, for C99 and for preprocessed assembly.
  public var header: String {
    var lines = [
      "/* SPDX-License-Identifier: Apache-2.0",
      " *",
      " * The control port of setun_core, written by `rtlgen registers --format c`.",
      " *",
      " * SETUN_REG_<register>                  byte offset",
      " * SETUN_REG_<register>_RESET            what it reads after a reset, where that is the same for every core",
      " * SETUN_REG_<register>_WRITABLE         the bits that take what is written, where it can be written",
      " * SETUN_<register>_<field>_SHIFT, _MASK a field",
      " * SETUN_CAUSE_<cause>                   a value of STATUS.CAUSE",
      " * SETUN_CONFIG_<name>_<parameter>       what a driver must know of a configuration",
      " */",
      "#ifndef SETUN_REGISTERS_H",
      "#define SETUN_REGISTERS_H",
      "",
    ]
    func define(_ name: String, _ value: String, _ comment: String? = nil) {
      let macro = "#define " + Self.padded(name, 44)
      lines.append(comment.map { "\(macro) \(value) /* \($0) */" } ?? "\(macro) \(value)")
    }
    define("SETUN_ADDRESS_SPACE", "\(Self.hexadecimal(UInt32(addressSpace)))u", "bytes")
    define("SETUN_IDENTITY_VALUE", "\(Self.hexadecimal(identity))u", "what IDENTITY reads")
    define("SETUN_FORMAT_VERSION", "\(formatVersion)u", "what VERSION reads")
    for register in registers {
      lines += ["", "/* \(register.access.rawValue): \(register.meaning) */"]
      let name = "SETUN_REG_" + register.name
      define(name, "\(Self.address(register.address))u", register.presence.map { "on cores of \($0)" })
      if let reset = register.reset { define(name + "_RESET", "\(Self.hexadecimal(reset))u") }
      if register.writableBits != 0 { define(name + "_WRITABLE", "\(Self.hexadecimal(register.writableBits))u") }
      for field in register.fields {
        define("SETUN_\(register.name)_\(field.name)_SHIFT", "\(field.lowBit)u", field.meaning)
        define("SETUN_\(register.name)_\(field.name)_MASK", "\(Self.hexadecimal(field.mask))u")
      }
    }
    let window = promptWindow
    lines += ["", "/* \(window.access.rawValue): \(window.meaning) */"]
    define("SETUN_REG_\(window.name)", "\(Self.address(window.address))u", "entry 0")
    define("SETUN_\(window.name)_STRIDE", "\(window.stride)u", "bytes from one entry to the next")
    define("SETUN_\(window.name)_ENTRIES", "\(window.entries)u", "room in the address space; a core has fewer")
    lines += ["", "/* Why the last run stopped. */"]
    for cause in causes { define("SETUN_CAUSE_\(cause.name)", "\(cause.code)u", cause.meaning) }
    lines += ["", "/* The same as a list: X(code, name, text, whether the run ended as it was asked to). */"]
    lines.append("#define SETUN_CAUSES(X) \\")
    lines += causes.enumerated().map { index, cause in
      let row = "  X(\(cause.code)u, \(cause.name), \"\(cause.meaning)\", \(cause.isSuccess ? 1 : 0))"
      return index == causes.count - 1 ? row : row + " \\"
    }
    for machine in configurations { lines += header(of: machine) }
    lines += ["", "#endif", ""]
    return lines.joined(separator: "\n")
  }

  private func header(of machine: Machine) -> [String] {
    let name = "SETUN_CONFIG_" + machine.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    let numbers = [
      ("HASH_LOW", "0x\(machine.hash.suffix(8))u"), ("HASH_HIGH", "0x\(machine.hash.prefix(8))u"),
      ("CHANNELS", "\(machine.channels)u"), ("STREAMS", "\(machine.streams)u"), ("BEAT_BITS", "\(machine.beatBits)u"),
      ("PROMPT_CAPACITY", "\(machine.promptCapacity)u"), ("TOKEN_CAPACITY", "\(machine.tokenCapacity)u"),
      ("VOCABULARY_CAPACITY", "\(machine.vocabularyCapacity)u"), ("CLOCK_MHZ", "\(machine.clockMHz)u"),
    ]
    let driver = [
      "HASH_LOW", "HASH_HIGH", "CHANNELS", "STREAMS", "PROMPT_CAPACITY", "TOKEN_CAPACITY", "VOCABULARY_CAPACITY",
    ]
    var lines = ["", "/* Configuration \(machine.name). */"]
    for (field, value) in numbers { lines.append("#define \(Self.padded("\(name)_\(field)", 44)) \(value)") }
    lines.append("/* For struct setun_configuration of setun.h. */")
    lines.append("#define \(name)_CONFIGURATION \\")
    for (index, field) in driver.enumerated() {
      let end = index == driver.count - 1 ? " }" : ", \\"
      lines.append("  \(index == 0 ? "{" : " ") \(name)_\(field)\(end)")
    }
    return lines
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
