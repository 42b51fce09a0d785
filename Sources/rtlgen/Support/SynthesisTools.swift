import Foundation
import HostTools
import SetunBoard

/// Yosys, nextpnr and ecppack: those that `Sim/setup.sh boards` installs into the checkout, else those on PATH.
enum SynthesisTools {
  /// The program, or nil.
  static func find(_ name: String) -> String? {
    let local = URL(fileURLWithPath: ".build/venv/bin/yowasp-\(name)").path
    return Tool.find(local) ?? Tool.find("yowasp-\(name)") ?? Tool.find(name)
  }

  static func required(_ name: String) throws -> String {
    guard let path = find(name) else { throw Failure("\(name) is missing; 'Sim/setup.sh boards' installs it.") }
    return path
  }

  /// Runs a step with a line that tells how long it has taken; what it printed.
  static func run(_ title: String, _ name: String, _ arguments: [String], in directory: URL) throws -> String {
    let program = try required(name)
    let key = "\(name)-\(title.filter { $0.isLetter || $0.isNumber })"
    let activity = Activity(title, key: key)
    let clock = ContinuousClock.now
    defer { activity.finish() }
    guard let output = Tool.run(program, arguments, directory: directory) else {
      throw Failure("\(program): cannot be started.")
    }
    guard output.status == 0 else {
      let lines = output.text.split(separator: "\n").filter { $0.contains("ERROR") || $0.contains("Warning: found") }
      let reason = lines.isEmpty ? output.tail(3) : lines.suffix(4).joined(separator: "\n")
      throw Failure("\(name) failed: \(reason)")
    }
    Activity.remember((ContinuousClock.now - clock) / .seconds(1), key: key)
    return output.text
  }

  /// What a tool says of its version: name and the last line of it.
  static func version(_ name: String) throws -> String {
    // ecppack has `--help` alone that succeeds, and names itself there.
    let output = Tool.run(try required(name), ["--version"])?.text ?? ""
    let lines = output.split(separator: "\n").filter { $0.contains(where: \.isNumber) }
    return "\(name): \(lines.last.map(String.init) ?? "version unknown")"
  }

  /// What every design must pass before it is synthesised: no latch, no undriven net, no second driver, no loop.
  ///
  /// - Parameter cells: the file of Yosys with the ports of the vendor's cells, for a design that has some.
  static func checks(top: String, cells: String? = nil) -> String {
    (cells.map { "read_verilog -lib \($0); " } ?? "")
      + "read_verilog -sv *.sv; hierarchy -check -top \(top); proc; check -assert; "
      + "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr t:$sr"
  }

  /// Copies of registers stay copies: Yosys looks for the attribute at the cell, the text has it at the signal.
  static let keepCopies = "setattr -set keep 1 a:keep %ci1 t:$*ff* %i"

  static func contents(_ name: String, in directory: URL) throws -> Data {
    let path = directory.appendingPathComponent(name).path
    guard let data = FileManager.default.contents(atPath: path) else { throw Failure("\(path): cannot be read.") }
    return data
  }
}

/// Placing and routing a synthesised design on an ECP5.
struct PlaceAndRoute {
  let directory: URL
  let top: String
  /// Of the device and its package.
  let device: [String]
  let targetMHz: Int
  /// Pins and clocks, a file in the directory.
  var constraints: String?

  static let tools = ["yosys", "nextpnr-ecp5", "ecppack"]

  /// Flat synthesis; writes `<top>.json`.
  func synthesise() throws {
    let script =
      "\(SynthesisTools.checks(top: top, cells: "+/ecp5/cells_bb.v")); \(SynthesisTools.keepCopies); "
      + "synth_ecp5 -top \(top) -json \(top).json; check -assert; tee -q -o \(top).statistics.txt stat"
    _ = try SynthesisTools.run(
      "Synthesising \(top)", "yosys", ["-q", "-l", "\(top).yosys.log", "-p", script], in: directory)
  }

  /// Places and routes with a seed; writes `<top>.<seed>.config`.
  ///
  /// - Parameter clockMHz: the clock whose timing is wanted, one that nextpnr derives from the constraints; nil for the slowest.
  func route(seed: Int, clockMHz: Double? = nil) throws -> TimingReport {
    let name = "\(top).\(seed)"
    var arguments =
      device + [
        "--json", "\(top).json", "--seed", "\(seed)", "--freq", "\(targetMHz)", "--router", "router2",
        "--timing-allow-fail", "--report",
        "\(name).timing.json", "--textcfg", "\(name).config", "--log", "\(name).nextpnr.log", "-q",
      ]
    if let constraints { arguments += ["--lpf", constraints] }
    _ = try SynthesisTools.run("Placing and routing \(top), seed \(seed)", "nextpnr-ecp5", arguments, in: directory)
    return try TimingReport(
      json: try SynthesisTools.contents("\(name).timing.json", in: directory), constrainedTo: clockMHz)
  }

  /// Makes `<top>.bit` of what a seed gave.
  func pack(seed: Int) throws {
    _ = try SynthesisTools.run(
      "Packing \(top)", "ecppack", ["--compress", "\(top).\(seed).config", "\(top).bit"], in: directory)
  }
}

extension TimingReport {
  /// The path, a row for each net on it, with the line of Swift that it comes from.
  func table(top: String, texts: [String: String]) -> String {
    var table = Table(["ns", "step", "signal", "source"])
    for step in path {
      let source = SourceReferences.reference(ofNet: step.name, top: top, texts: texts) ?? ""
      table.add([String(format: "%.2f", step.delay), step.kind, step.name, source])
    }
    return table.text
  }
}
