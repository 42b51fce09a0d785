import SetunBoard
import SetunCompiler
import SetunExploration
import SetunMachine

/// The block RAMs of a device that core and image take, item by item.
struct OnChipBudget {
  let banks: [MemoryBank]
  let device: ResourceBudget
  let items: [(name: String, blocks: Int)]

  init(_ model: CompiledModel, device: ResourceBudget) throws {
    self.device = device
    let configuration = model.configuration
    let image = try OnChipImage(model)
    let shapes = [512, 1024, 2048, 4096, 8192, 16384].map { depth in
      (depth: depth, blocks: device.fabric.blockRAMs(width: configuration.beatBits, depth: depth))
    }
    banks = MemoryBank.banks(depth: image.depth, shapes: shapes)
    let estimate = try ResourceEstimate(configuration, fabric: device.fabric)
    let weights = image.regions.map { "\($0.name), \($0.beats) beats" }.joined(separator: "; ")
    var items = [(weights, banks.reduce(0) { $0 + $1.blocks })]
    for unit in CoreUnit.allCases {
      let blocks = estimate.units[unit]?.blockRAMs ?? 0
      if blocks > 0 { items.append(("\(unit.rawValue) (estimated)", blocks)) }
    }
    self.items = items
  }

  var total: Int { items.reduce(0) { $0 + $1.blocks } }

  var table: Table {
    var table = Table(["block RAMs of \(device.device)", ""])
    for item in items { table.add([item.name, "\(item.blocks)"]) }
    table.add(["all", "\(total)"])
    table.add(["the device has", "\(device.resources.blockRAMs)"])
    return table
  }

  /// Refuses what does not fit.
  func check() throws {
    guard total > device.resources.blockRAMs else { return }
    let device = "\(device.device) has \(device.resources.blockRAMs)"
    throw Failure(
      "The model does not fit the chip: \(total) block RAMs are needed, and \(device).\n\n\(table.text.dropLast())")
  }
}
