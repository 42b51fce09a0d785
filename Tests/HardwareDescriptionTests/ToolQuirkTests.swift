import HardwareDescription
import Testing

/// Texts that tools read in another way than the standard, or refuse, and that are therefore not written.
@Suite struct ToolQuirkTests {
  private struct Quirks: HardwareModule {
    enum Toggle: HardwareEnum { case off, on }
    var kind: String
    var moduleName: String { "quirk_\(kind)" }

    func build(_ m: ModuleBuilder) {
      let x = m.input("x", Unsigned.self, width: 2)
      let wide = m.input("wide", Unsigned.self, width: 40)
      m.unused(wide)
      switch kind {
      case "position":
        // Icarus 11 works out x * x in as many bits as it takes.
        m.output("y", wide[x &* x])
      case "address":
        // So it does in a memory write.
        let memory = m.memory("words", Unsigned.self, width: 2, depth: 4, readLatency: 0, style: .distributed)
        memory.write(x &* x, x)
        m.output("y", memory.read(x))
      case "fold":
        // Verilator 5.006 finds the position to be 0, and that the other bits are not read.
        m.output("y", (wide &+ 1).slice(at: x ^ x, width: 2))
      case "amount":
        // Verilator 5.006 takes only the low bits of an amount of more than 64.
        let amount = m.input("amount", Unsigned.self, width: 65)
        m.output("y", wide >> amount)
      case "constant":
        // Icarus 11 writes code that it does not read again for some positions like 1'b0.
        let flags = m.registerVector("flags", Unsigned.self, width: 1, count: 2, reset: 0)
        flags[Unsigned(1, width: 1)].next(x[0].asUnsigned)
        flags[Unsigned(0, width: 1)].next(x[1].asUnsigned)
        m.output("y", flags[0] & flags[1])
      case "overlap":
        let y = m.wire("y", Unsigned.self, width: 6)
        y.drive(0)
        y.slice(at: x, width: 2).drive(x)
        m.output("y", y)
      case "shift":
        m.output("y", m.delayed("late", x[0].asUnsigned.asSigned, by: 3).extended(to: 4))
      case "saturation":
        m.output("y", wide.extended(to: 70).asSigned.saturated(to: 64) + Signed(words: [1 << 62], width: 63))
      default:
        let toggle = m.register("toggle", reset: Toggle.off)
        toggle.next(.off)
        m.when(x[0]) { toggle.next(.on) }
        let child = m.instance("u_child", Child())
        child.connect("x", toggle.is(.off))
        child.connect("z", (x + x).asSigned)
        let other = m.instance("u_other", Child())
        other.connect("x", x[0])
        // Yosys 0.23 fails on it where it knows the condition, and takes the sign of an arm that only a cast decides.
        other.connect("z", Bit(false).select((x &+ 1).extended(to: 3).asSigned, (x + x).asSigned))
        m.output("y", child.output("y", Signed.self))
        m.output("z", other.output("y", Signed.self))
      }
      m.unused(x)
    }
  }

  private struct Child: HardwareModule {
    var moduleName: String { "quirk_child" }

    func build(_ m: ModuleBuilder) {
      let z = m.input("z", Signed.self, width: 3)
      m.output("y", m.input("x", Bit.self).select(z, -z))
    }
  }

  @Test(arguments: [
    ("position", "wide_i[{{4'd0, x_i * x_i}}]"), ("address", "words[{x_i * x_i}] <= x_i"),
    ("fold", "unused_terms = ^y_term"),
    ("amount", "|amount_i[64:6] ? 6'd40 : amount_i[5:0]"),
    ("constant", "flags_q[1] <= "),
    ("overlap", "always_comb begin"),
    ("shift", "4'($signed(late_delay_q[2]))"),
    ("saturation", "65'sh07fffffffffffffff"), ("connection", ".x_i (child_x_term)"),
  ])
  func textIsReadAlikeByAllTools(_ name: String, _ expected: String) throws {
    try Tools.withDirectory { directory in
      let files = try Tools.emit(Quirks(kind: name), to: directory)
      let text = try Elaborator().run(Quirks(kind: name)).systemVerilog(configuration: "test").map(\.text).joined()
      #expect(text.contains(expected), "\(text)")
      #expect(try Tools.complaints(about: files, top: "quirk_\(name)", in: directory) == [])
    }
  }
}
