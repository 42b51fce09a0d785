import HardwareDescription

/// Designs of any size, to see how the time of elaboration grows.
enum ElaborationBench {
  /// Adders, registers with and without a condition, delays and adder trees in one module.
  struct Cells: HardwareModule {
    var cells: Int
    /// Tells modules of one size apart.
    var number: Int
    var moduleName: String { "cells_\(cells)_\(number)" }
    var sourceFile: String { "ElaborationBench.swift" }

    func build(_ m: ModuleBuilder) {
      let enable = m.input("enable", Bit.self)
      let start = m.input("start", Unsigned.self, width: 16)
      var values = [start]
      var leaves: [Unsigned] = []
      for cell in 0..<cells {
        let (last, earlier) = (values[cell], values[max(0, cell - 7)])
        let sum = m.wire("sum\(cell)", (last &+ earlier) ^ (earlier >> 3).extended(to: 16))
        let register = m.register("value\(cell)", Unsigned.self, width: 16, reset: cell % 2 == 0 ? 0 : nil)
        if cell % 4 < 2 {
          register.next(sum)
        } else {
          m.when(enable && sum[0]) { register.next(sum) }.elseWhen(sum[1]) { register.next(last) }
        }
        values.append(register)
        leaves.append(cell % 8 == 0 ? m.delayed("late\(cell)", sum, by: 1 + cell % 5) : register)
        if leaves.count == 32 {
          leaves = [m.registered("total\(cell)", Self.tree(leaves[...]).truncated(to: 16))]
        }
      }
      m.output("total", m.registered("total", Self.tree(leaves[...]).truncated(to: 16)))
    }

    /// A balanced tree of exact adders.
    private static func tree(_ values: ArraySlice<Unsigned>) -> Unsigned {
      guard values.count > 1, let first = values.first else { return values.first ?? Unsigned(0, width: 16) }
      let middle = values.startIndex + values.count / 2
      return values.count == 2
        ? first + values[middle] : tree(values[..<middle]) + tree(values[middle...])
    }
  }

  /// A chain of instances of many modules, all different.
  struct ManyModules: HardwareModule {
    var modules: Int
    var cells: Int
    var sourceFile: String { "ElaborationBench.swift" }

    func build(_ m: ModuleBuilder) {
      let enable = m.input("enable", Bit.self)
      var value = m.input("start", Unsigned.self, width: 16)
      for number in 0..<modules {
        let part = m.instance("u_part\(number)", Cells(cells: cells, number: number))
        part.connect("enable", enable)
        part.connect("start", value)
        value = part.output("total", Unsigned.self)
      }
      m.output("total", value)
    }
  }

  struct Row: Encodable {
    let design: String
    let modules: Int
    let nodes: Int
    /// Building and all passes.
    let elaborationSeconds: Double
    let emissionSeconds: Double

    enum CodingKeys: String, CodingKey {
      case design, modules, nodes
      case elaborationSeconds = "elaboration_seconds"
      case emissionSeconds = "emission_seconds"
    }

    var seconds: Double { elaborationSeconds + emissionSeconds }
    /// Nanoseconds for each node and each doubling of the nodes: level when the time grows as n log n.
    var nanosecondsPerNodeAndDoubling: Double { seconds * 1e9 / Double(nodes) / (Double(nodes).logarithm) }
  }

  /// Nodes that a cell comes to, about; only the choice of sizes depends on it.
  private static let nodesPerCell = 10

  /// Elaborates, checks and emits a design once.
  static func measure(_ name: String, _ top: some HardwareModule) throws -> Row {
    let start = ProcessorTime.seconds()
    let elaboration = Elaborator().run(top)
    let middle = ProcessorTime.seconds()
    let files = try elaboration.systemVerilog(configuration: name)
    let end = ProcessorTime.seconds()
    return Row(
      design: name, modules: files.count, nodes: elaboration.design.nodeCount,
      elaborationSeconds: middle - start, emissionSeconds: end - middle)
  }

  /// One flat module and many small ones of about `nodes` nodes.
  static func rows(nodes: Int) throws -> [Row] {
    let cells = max(1, nodes / nodesPerCell)
    let perModule = min(cells, 100)
    return [
      try measure("one module", Cells(cells: cells, number: 0)),
      try measure("modules of 1000 nodes", ManyModules(modules: cells / perModule, cells: perModule)),
    ]
  }

  static func table(_ rows: [Row]) -> String {
    var table = Table(["design", "modules", "nodes", "elaborate s", "emit s", "ns / (node log2 nodes)"])
    for row in rows {
      table.add([
        row.design, "\(row.modules)", "\(row.nodes)", rounded(row.elaborationSeconds), rounded(row.emissionSeconds),
        rounded(row.nanosecondsPerNodeAndDoubling),
      ])
    }
    return table.text
  }

  private static func rounded(_ value: Double) -> String {
    let scaled = Int((value * 1000).rounded())
    let fraction = "\(scaled % 1000)"
    return "\(scaled / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}

extension Double {
  /// To the base 2, as a whole number of at least 1.
  fileprivate var logarithm: Double { Double(max(1, exponent)) }
}
