import HardwareDescription

/// A module between two shift registers, so that few pins keep every path of it: to be placed and routed by itself.
public struct ShiftProbe<Module: HardwareModule>: HardwareModule {
  public let module: Module
  private let inputs: [ModulePort]
  private let outputs: [ModulePort]

  /// - Parameter isKept: tells by name which outputs are watched; what only serves the others falls away.
  public init(_ module: Module, isKept: (String) -> Bool = { _ in true }) {
    self.module = module
    let ports = Elaborator().run(module).design.top?.ports ?? []
    inputs = ports.filter { $0.direction == .input }
    outputs = ports.filter { $0.direction == .output && isKept($0.name) }
  }

  public var moduleName: String { "shift_probe" }
  public var sourceFile: String { "ShiftProbe.swift" }

  public var documentation: String {
    """
    \(module.moduleName) between shift registers: its inputs come from serial_i, its outputs are taken when the first input
    bit is 1 and leave through serial_o. Nothing useful, but nothing of it can be optimised away.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let serial = m.input("serial", Bit.self)
    let instance = m.instance("u_probed", module)
    let inputBits = max(2, inputs.reduce(0) { $0 + $1.width })
    let shifted = m.register("shifted", Unsigned.self, width: inputBits)
    shifted.next(concatenate(shifted.slice(at: 0, width: inputBits - 1), serial))
    var low = 0
    for port in inputs {
      let part = shifted.slice(at: low, width: port.width)
      if port.isSigned {
        instance.connect(port.name, part.asSigned)
      } else if port.width == 1 {
        instance.connect(port.name, part[0])
      } else {
        instance.connect(port.name, part)
      }
      low += port.width
    }
    let parts: [any HardwareValue] = outputs.map { port in
      if port.isSigned { return instance.output(port.name, Signed.self) }
      return port.width == 1 ? instance.output(port.name, Bit.self) : instance.output(port.name, Unsigned.self)
    }
    guard !parts.isEmpty else { return }
    let taken = m.wire("taken", concatenate(parts))
    let kept = m.register("kept", Unsigned.self, width: taken.width)
    kept.next(shifted[0].select(taken, (kept << 1).truncated(to: taken.width)))
    m.output("serial", m.registered("serial_late", kept[taken.width - 1]))
  }
}
