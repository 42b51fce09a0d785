import SeededRandom
import SetunMachine
import VerilatorBridge

/// The control port by itself: counters are read as they are, also when no run is long enough for them.
public enum RegisterCheck {
  private typealias Port = OperatorPorts.Port

  /// `control_registers`, its inputs in the order of `Inputs`.
  public static func ports(_ configuration: Configuration) -> OperatorPorts {
    let promptBits = bitWidth(of: configuration.promptCapacity - 1)
    return OperatorPorts(
      module: "control_registers",
      inputs: [
        Port("rst_n", width: 1), Port("axil_arvalid", width: 1), Port("axil_araddr", width: 16),
        Port("axil_rready", width: 1), Port("busy", width: 1), Port("cause", width: 8), Port("cycles", width: 64),
        Port("beats", width: 64), Port("axil_awvalid", width: 1), Port("axil_awaddr", width: 16),
        Port("axil_wvalid", width: 1), Port("axil_wdata", width: 32), Port("axil_wstrb", width: 4),
        Port("axil_bready", width: 1), Port("token_valid", width: 1), Port("token_id", width: 16),
        Port("prompt_address", width: promptBits),
      ],
      outputs: [Port("axil_rvalid", width: 1), Port("axil_rdata", width: 32), Port("axil_rresp", width: 2)],
      isClocked: true)
  }

  /// Reads every counter and STATUS with many values behind them.
  ///
  /// - Parameters:
  ///   - model: built from `ports`.
  ///   - seed: of the values.
  /// - Returns: a sentence with the first difference; nil when every read is right.
  public static func finding(on model: OperatorModel, _ configuration: Configuration, seed: UInt64) -> String? {
    let ports = ports(configuration)
    var random = SeededGenerator(seed: seed)
    let registers: [ControlRegister] = [.status, .cyclesLow, .cyclesHigh, .beatsLow, .beatsHigh]
    // A read takes the address in its first cycle and has its answer two cycles later.
    let (answer, cyclesPerRead, resetCycles, reads) = (2, 4, 2, 64 * registers.count)
    var input = [UInt32](repeating: 0, count: (resetCycles + cyclesPerRead * reads) * ports.inputWords)
    var expected: [(register: ControlRegister, value: UInt32)] = []
    for read in 0..<reads {
      let register = registers[read % registers.count]
      let (cycles, beats) = (random.next() >> UInt64(random.pick(0...63)), random.next() >> UInt64(random.pick(0...63)))
      let (isBusy, cause) = (UInt32(random.pick(0...1)), UInt32(random.pick(0...15)))
      let value: UInt32 =
        switch register {
        case .cyclesLow: UInt32(truncatingIfNeeded: cycles)
        case .cyclesHigh: UInt32(cycles >> 32)
        case .beatsLow: UInt32(truncatingIfNeeded: beats)
        case .beatsHigh: UInt32(beats >> 32)
        default: isBusy | cause << 8
        }
      expected.append((register, value))
      for cycle in 0..<cyclesPerRead {
        let words: [UInt32] = [
          1, cycle == 0 ? 1 : 0, UInt32(register.address), 1, isBusy, cause, UInt32(truncatingIfNeeded: cycles),
          UInt32(cycles >> 32), UInt32(truncatingIfNeeded: beats), UInt32(beats >> 32),
        ]
        let place = (resetCycles + cyclesPerRead * read + cycle) * ports.inputWords
        for (index, word) in words.enumerated() { input[place + index] = word }
      }
    }
    let cycles = resetCycles + cyclesPerRead * reads
    var output = [UInt32](repeating: 0, count: cycles * ports.outputWords)
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        guard let input = input.baseAddress, let output = output.baseAddress else { return }
        model.run(input, output, cycles: cycles)
      }
    }
    for (read, item) in expected.enumerated() {
      let place = (resetCycles + cyclesPerRead * read + answer) * ports.outputWords
      let found = Array(output[place..<place + ports.outputWords])
      if found != [1, item.value, 0] {
        return "\(item.register.name) reads \(found[1]), not \(item.value); RVALID \(found[0]), RRESP \(found[2])"
      }
    }
    return nil
  }
}
