import HardwareDescription
import HardwareSimulator

/// Runs a module on the Swift simulator.
enum SwiftRun {
  static func outcome(of module: PreparedModule) -> Outcome {
    do { return .trace(try trace(module)) } catch { return .refused("\(error)") }
  }

  private static func trace(_ module: PreparedModule) throws(SimulationError) -> [String] {
    let simulation = try Simulation(module.elaboration)
    var inputs: [SignalHandle] = []
    for input in module.recipe.inputs { inputs.append(try simulation.signal("\(input.name)_i")) }
    var outputs: [SignalHandle] = []
    for output in module.recipe.outputs { outputs.append(try simulation.signal("\(output.name)_o")) }
    var lines: [String] = []
    for cycle in 0..<Stimulus.cycles {
      if Stimulus.isReset(cycle) { simulation.assertReset() } else { simulation.releaseReset() }
      for (input, values) in zip(inputs, module.stimulus.values) {
        try simulation.poke(input, BitPattern(words: values[cycle], width: input.width))
      }
      lines.append(
        outputs.map { hexadecimal(simulation.peekBits($0).words, width: $0.width) }.joined(separator: " "))
      simulation.step()
    }
    return lines
  }
}
