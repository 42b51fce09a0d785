import HardwareDescription

/// One memory, one accumulator and one instance for each lane.
struct LaneBank: HardwareModule {
  var lanes: Int
  var moduleName: String { "lane_bank_\(lanes)" }

  func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", lanes)
    let enable = m.input("enable", Bit.self)
    let address = m.input("address", Unsigned.self, width: 5)
    let lane = m.inputVector("lane", Unsigned.self, width: 8, count: lanes)
    let data = m.outputVector("data", Unsigned.self, width: 8, count: lanes)
    let level = m.outputVector("level", Unsigned.self, width: 5, count: lanes)
    m.generate("lane", count: lanes) { k in
      let bank = m.memory("bank", Unsigned.self, width: 8, depth: 32, readLatency: 1, style: .block)
      bank.write(address, lane[k], enable: enable)
      data[k].drive(bank.read("word", address))
      let laneLevel = m.register("level", Unsigned.self, width: 5, reset: 3)
      m.when(enable && lane[k][0]) { laneLevel.next(laneLevel &+ 1) }
      level[k].drive(laneLevel)
    }
    let history = m.registerVector("history", Unsigned.self, width: 8, count: lanes, reset: 1)
    let pick = m.input("pick", Unsigned.self, width: 2)
    m.when(enable) { history[pick].next(lane[0]) }
    m.output("picked", history[pick])
  }
}
