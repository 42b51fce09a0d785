import Foundation
// snippet: blinker-wave
import HardwareSimulator

func blinkerWave() throws -> String {
  let simulation = try Simulation(Blinker(period: 3))
  let wave = try simulation.waveform(["clk", "enable", "count_q", "light_o"])
  simulation.reset()
  for enable in [true, true, true, true, false, true, true, true] {
    try simulation.poke("enable", enable)
    simulation.step()
  }
  return wave.text
}
// snippet.end

// snippet: blinker-vcd
func recordBlinker(in file: URL) throws {
  let simulation = try Simulation(Blinker(period: 3))
  let dump = try ValueChangeDump(of: simulation, path: file.path)
  simulation.reset()
  try simulation.poke("enable", true)
  simulation.step(100)
  try dump.finish()
}
// snippet.end
