import HardwareDescription

/// An adder tree over a power of two lanes, one register after the tree.
struct DotTree: FixedLatencyModule {
  var lanes: Int
  var moduleName: String { "dot_tree_\(lanes)" }
  var documentation: String {
    "Sums \(lanes) signed lanes of 8 bits.\nOne beat may enter each cycle; its sum leaves one cycle later."
  }
  var latency: Int { 1 }

  func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", lanes)
    let lane = m.inputVector("lane", Signed.self, width: 8, count: lanes)
    var level = lane
    var number = 0
    var count = self.lanes
    while count > 1 {
      count /= 2
      number += 1
      let below = level
      let sums = m.vector("level\(number)", Signed.self, width: below.width + 1, count: count)
      m.generate("level\(number)", count: count) { k in
        sums[k].drive(below[2 * k] + below[2 * k + 1])
      }
      level = sums
    }
    let total = m.registered("total", level[0])
    m.output("total", total)
  }
}
