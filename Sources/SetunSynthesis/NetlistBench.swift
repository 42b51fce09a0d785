import Foundation
import SeededRandom
import VerilatorBridge

/// A module's RTL and its netlist in one Verilator model, fed the same random inputs and compared in every output and cycle.
public struct NetlistBench {
  /// The first difference.
  public struct Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
    public let module: String
    public let seed: UInt64
    public let cycle: Int
    public let port: String
    /// Words of 32 bits, low first.
    public let rtl: [UInt32]
    public let netlist: [UInt32]

    public var description: String {
      func text(_ words: [UInt32]) -> String {
        words.reversed().map { word in
          let digits = String(word, radix: 16)
          return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined(separator: "_")
      }
      return
        "\(module), seed \(seed), cycle \(cycle), port \(port)_o: the RTL has \(text(rtl)), the netlist \(text(netlist))."
    }
  }

  public let ports: OperatorPorts
  private let model: OperatorModel

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - ports: of the module.
  ///   - netlist: its netlist, which has the same ports.
  ///   - directory: holds the SystemVerilog of both and of the cells, and nothing else.
  public init(_ ports: OperatorPorts, netlist: Netlist, directory: URL, cache: URL? = nil) throws(BridgeError) {
    self.ports = ports
    var other = ports
    other.module = netlist.name
    model = try OperatorModel.build(
      rtlDirectory: directory, operators: [ports, other], options: VerilatorModel.Options(isLenient: true),
      cacheDirectory: cache)
  }

  /// Cycles of reset at the start, after which outputs are compared.
  static let resetCycles = 8

  /// Runs that many cycles with inputs drawn from the seed.
  ///
  /// - Parameter progress: told how many cycles are done.
  /// - Returns: the first difference, or nil.
  public func mismatch(cycles: Int, seed: UInt64, progress: (Int) -> Void = { _ in }) -> Mismatch? {
    var stimulus = PortStimulus(ports, seed: seed)
    let (inputs, outputs) = (ports.inputWords, ports.outputWords)
    let chunk = 1024
    var input = [UInt32](repeating: 0, count: 2 * inputs * chunk)
    var output = [UInt32](repeating: 0, count: 2 * outputs * chunk)
    for start in stride(from: 0, to: cycles, by: chunk) {
      let count = min(chunk, cycles - start)
      for cycle in 0..<count {
        let words = stimulus.next(inReset: start + cycle < Self.resetCycles)
        for (word, value) in words.enumerated() {
          input[2 * inputs * cycle + word] = value
          input[2 * inputs * cycle + inputs + word] = value
        }
      }
      input.withUnsafeBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          if let input = input.baseAddress, let output = output.baseAddress {
            model.run(input, output, cycles: count)
          }
        }
      }
      for cycle in 0..<count where start + cycle >= Self.resetCycles {
        let rtl = output[2 * outputs * cycle..<2 * outputs * cycle + outputs]
        let netlist = output[2 * outputs * cycle + outputs..<2 * outputs * (cycle + 1)]
        if rtl.elementsEqual(netlist) { continue }
        var (first, second) = (rtl.startIndex, netlist.startIndex)
        for port in ports.outputs {
          let (a, b) = (Array(rtl[first..<first + port.words]), Array(netlist[second..<second + port.words]))
          if a != b {
            return Mismatch(
              module: ports.module, seed: seed, cycle: start + cycle, port: port.name, rtl: a, netlist: b)
          }
          first += port.words
          second += port.words
        }
      }
      progress(start + count)
    }
    return nil
  }
}

/// Random inputs that reach more than independent bits would: for a while each port is drawn anew, holds, counts, or
/// differs in a few bits, so that addresses meet again and handshakes come close together and far apart.
struct PortStimulus {
  private enum Mode: CaseIterable {
    case random, few, counting, held
  }

  private let ports: OperatorPorts
  private var generator: SeededGenerator
  private var modes: [Mode]
  /// Of 256, how often a port of one bit is 1.
  private var density: [UInt64]
  private var values: [[UInt32]]
  private var cyclesLeft = 0

  init(_ ports: OperatorPorts, seed: UInt64) {
    self.ports = ports
    generator = SeededGenerator(seed: seed)
    modes = ports.inputs.map { _ in .random }
    density = ports.inputs.map { _ in 128 }
    values = ports.inputs.map { [UInt32](repeating: 0, count: $0.words) }
  }

  /// The input words of a cycle.
  mutating func next(inReset: Bool) -> [UInt32] {
    if cyclesLeft == 0 {
      cyclesLeft = 32 + Int(generator.next() % 224)
      for index in modes.indices {
        modes[index] = Mode.allCases[Int(generator.next() % UInt64(Mode.allCases.count))]
        density[index] = [8, 128, 240, 255][Int(generator.next() % 4)]
      }
    }
    cyclesLeft -= 1
    for (index, port) in ports.inputs.enumerated() {
      if port.name == "rst_n" {
        values[index][0] = inReset || generator.next() % 4096 == 0 ? 0 : 1
      } else if port.width == 1 {
        values[index][0] = generator.next() % 256 < density[index] ? 1 : 0
      } else {
        change(index, port)
      }
    }
    return values.flatMap { $0 }
  }

  private mutating func change(_ index: Int, _ port: OperatorPorts.Port) {
    switch modes[index] {
    case .held: if generator.next() % 16 != 0 { return }
    case .counting: values[index][0] &+= 1
    case .few:
      let bit = Int(generator.next() % UInt64(port.width))
      values[index][bit / 32] ^= 1 << UInt32(bit % 32)
    case .random: break
    }
    if modes[index] == .random || modes[index] == .held {
      for word in values[index].indices { values[index][word] = UInt32(truncatingIfNeeded: generator.next()) }
    }
    let rest = port.width % 32
    if rest > 0 { values[index][port.words - 1] &= 1 << UInt32(rest) - 1 }
  }
}
