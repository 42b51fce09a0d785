import HardwareDescription

/// A port of an operator under test.
struct OperatorPort {
  let name: String
  let width: Int
  var isSigned = false

  /// 32-bit words of its value, low word first.
  var words: Int { (width + 31) / 32 }
}

/// An operator, its ports, and what belongs on them.
struct OperatorCase {
  /// Unique; prefixes the ports of the bench.
  let name: String
  let module: any HardwareModule
  /// From the table of latencies; 0 for combinational modules.
  let latency: Int
  let inputs: [OperatorPort]
  let outputs: [OperatorPort]
  /// Writes the input words of vector n; the first vectors are the directed ones.
  let stimulus: (_ n: Int, inout SplitMix64, UnsafeMutablePointer<UInt32>) -> Void
  /// Writes the output words that belong to input words.
  let expected: (UnsafePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Void

  var inputWords: Int { inputs.reduce(0) { $0 + $1.words } }
  var outputWords: Int { outputs.reduce(0) { $0 + $1.words } }
}

/// All operators side by side, each with its own ports.
struct OperatorBench: HardwareModule {
  let cases: [OperatorCase]

  var moduleName: String { "operator_bench" }

  func build(_ m: ModuleBuilder) {
    for operatorCase in cases { instantiate(operatorCase, operatorCase.module, m) }
  }

  private func instantiate(_ operatorCase: OperatorCase, _ module: some HardwareModule, _ m: ModuleBuilder) {
    let name = operatorCase.name
    let handle = m.instance("u_\(name)", module)
    for port in operatorCase.inputs {
      if port.isSigned {
        handle.connect(port.name, m.input("\(name)_\(port.name)", Signed.self, width: port.width))
      } else {
        handle.connect(port.name, m.input("\(name)_\(port.name)", Unsigned.self, width: port.width))
      }
    }
    for port in operatorCase.outputs {
      let wire = "\(name)_\(port.name)_wire"
      if port.isSigned {
        m.output("\(name)_\(port.name)", handle.output(port.name, Signed.self, name: wire))
      } else if port.width == 1 {
        m.output("\(name)_\(port.name)", handle.output(port.name, Bit.self, name: wire))
      } else {
        m.output("\(name)_\(port.name)", handle.output(port.name, Unsigned.self, name: wire))
      }
    }
  }
}

/// SplitMix64: a reproducible source of test numbers.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
