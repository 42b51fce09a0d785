import Foundation
import HardwareDescription
import VerilatorBridge

/// The netlist for an ECP5 that Yosys makes of a module, written so that a simulator runs it.
///
/// LUTs, carries, flip-flops and small memories are the models that Yosys itself has of them; block RAM and multipliers,
/// of which it knows the ports only, are those of `Sim/cells`.
public struct Netlist: Sendable {
  public let module: String

  public init(of module: String) { self.module = module }

  /// The netlist's own module, so that it can stand beside the one it was made of.
  public var name: String { module + "_netlist" }
  public var file: String { name + ".v" }
  public static let statistics = "netlist_statistics.txt"
  private static let cells = ["DP16KD", "MULT18X18D"]

  /// Reads every `.sv` file of the directory it runs in and writes the netlist.
  ///
  /// - Parameter keepsName: whether the netlist is called as the module is, to stand in its place.
  public func script(keepsName: Bool = false) -> String {
    """
    read_verilog -sv *.sv; synth_ecp5 -top \(module); check -assert; tee -q -o \(Self.statistics) stat; \
    read_verilog -overwrite +/ecp5/cells_sim.v; hierarchy -top \(module); proc; flatten; opt_expr; opt_clean -purge; \
    \(keepsName ? "" : "rename \(module) \(name); ")write_verilog -noattr \(file)
    """
  }

  /// Models of cells that Yosys does not have, by file name.
  ///
  /// - Parameter spoilsCollisions: whether a word that is read while it is written comes out inverted.
  public static func cellModels(spoilsCollisions: Bool = false) throws(BridgeError) -> [(name: String, text: String)] {
    var files: [(name: String, text: String)] = []
    for cell in cells {
      let define = spoilsCollisions ? "`define SPOIL_COLLISIONS\n" : ""
      files.append(("\(cell).v", define + (try CellModels.text(cell))))
    }
    return files
  }

  /// Makes the directory in which the script ran one that Verilator takes: the models of cells are added, and paths of
  /// memory contents made absolute, since a model reads them wherever it runs.
  public func prepare(_ directory: URL, spoilsCollisions: Bool = false) throws {
    for file in try Self.cellModels(spoilsCollisions: spoilsCollisions) {
      try Data(file.text.utf8).write(to: directory.appendingPathComponent(file.name))
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) where name.hasSuffix(".sv") {
      let url = directory.appendingPathComponent(name)
      let text = try String(contentsOf: url, encoding: .utf8)
      guard text.contains("$readmemh(\"") else { continue }
      let absolute = text.replacingOccurrences(of: "$readmemh(\"", with: "$readmemh(\"\(directory.path)/")
      try Data(absolute.utf8).write(to: url)
    }
  }

  /// Leaves in the directory in which ``script(keepsName:)`` ran what a simulator takes in place of the RTL: the netlist,
  /// the models of its cells, nothing else.
  public func replaceDesign(in directory: URL, spoilsCollisions: Bool) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) where name != file {
      try FileManager.default.removeItem(at: directory.appendingPathComponent(name))
    }
    for model in try Self.cellModels(spoilsCollisions: spoilsCollisions) {
      try Data(model.text.utf8).write(to: directory.appendingPathComponent(model.name))
    }
  }

  /// The cells of the netlist, by number and type, the most frequent first; those of the flattened design alone.
  public func cells(in directory: URL) throws -> String {
    let url = directory.appendingPathComponent(Self.statistics)
    let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    var counts: [(type: String, count: Int)] = []
    for type in ["LUT4", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4", "DP16KD", "MULT18X18D"] {
      // Older versions print the type first, newer ones the number.
      let count = text.split(separator: "\n").lazy.map { $0.split(separator: " ") }
        .first { $0.count == 2 && $0.contains(Substring(type)) }?.compactMap { Int($0) }.first
      if let count { counts.append((type, count)) }
    }
    return counts.map { "\($0.count) \($0.type)" }.joined(separator: ", ")
  }
}

extension OperatorPorts {
  /// The ports of a module with one clock at most; its reset is an input.
  public init(_ module: ModuleDefinition, named name: String? = nil) {
    func ports(_ direction: ModulePort.Direction) -> [Port] {
      module.ports.filter { $0.direction == direction }.map { Port($0.name, width: $0.width) }
    }
    let hasReset = module.clocks.contains { $0.hasReset }
    self.init(
      module: name ?? module.name, inputs: (hasReset ? [Port("rst_n", width: 1)] : []) + ports(.input),
      outputs: ports(.output), isClocked: !module.clocks.isEmpty)
  }
}
