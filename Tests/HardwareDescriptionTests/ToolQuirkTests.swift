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
        m.output("y", child.output("y", Signed.self))
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
    ("position", "wide_i[{{4'd0, x_i * x_i}}]"), ("overlap", "always_comb begin"),
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
