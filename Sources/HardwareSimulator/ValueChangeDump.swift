import Foundation
import HardwareDescription

/// Records a simulation as VCD, for GTKWave and other viewers: every named signal, in the scopes of the hierarchy, written
/// when it changes.
///
///     let dump = try ValueChangeDump(of: sim, path: "wave.vcd")
///     sim.step(100)
///     try dump.finish()
///
/// What a bench pokes after an edge is shown from that edge on. A unit of time is a nanosecond; clocks fall half a period
/// after they rise.
public final class ValueChangeDump: Recorder {
  private struct Variable {
    let code: String
    let width: Int
    let slots: [Int]
    var shown: [UInt64]?
  }

  private struct ClockLine {
    let code: String
    let domain: Int
    let isReset: Bool
    var shown: Bool?
  }

  private var buffer: [UInt8] = []
  private let file: FileHandle?
  private let path: String
  private var variables: [Variable] = []
  private var lines: [ClockLine] = []
  private var lastTime: Int?
  /// The edges before the present one: time and domains.
  private var lastEdges: [Int?] = []
  private weak var simulation: Simulation?
  private var count = 0

  /// Starts to record. With `path` the text goes to a file, else it is kept; with `scopes` only signals below these paths are
  /// recorded.
  public init(
    of simulation: Simulation, path: String? = nil, scopes: [String] = []
  ) throws(SimulationError) {
    self.path = path ?? ""
    if let path {
      guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
      else { throw .cannotWrite(path) }
      self.file = file
    } else {
      file = nil
    }
    self.simulation = simulation
    header(simulation, scopes)
    simulation.recorders.append(self)
  }

  /// What was recorded so far; empty when it goes to a file.
  public var text: String { String(decoding: buffer, as: UTF8.self) }

  /// Ends the recording with the present state. Returns the text that did not go to a file.
  @discardableResult
  public func finish() throws(SimulationError) -> String {
    if let simulation {
      simulation.settleAll()
      write(simulation, from: lastTime == nil ? 0 : simulation.time)
      simulation.recorders.removeAll { $0 === self }
      self.simulation = nil
    }
    try flush()
    return text
  }

  // MARK: Header

  private func header(_ simulation: Simulation, _ scopes: [String]) {
    put("$timescale 1ns $end\n$scope module \(simulation.circuit.name) $end\n")
    for (number, clock) in simulation.clocks.enumerated() {
      for (name, isReset) in [(clock.domain.clockName, false), (clock.domain.resetName, true)] {
        let code = nextCode()
        put("$var wire 1 \(code) \(name) $end\n")
        lines.append(ClockLine(code: code, domain: number, isReset: isReset))
      }
    }
    declare(simulation.circuit.top, path: "", scopes, simulation)
    put("$upscope $end\n$enddefinitions $end\n")
    lastEdges = simulation.clocks.map(\.lastEdge)
  }

  /// Whether a scope, or one below it, is to be recorded.
  private func declare(
    _ scope: Circuit.Scope, path: String, _ scopes: [String], _ simulation: Simulation
  ) {
    let isWanted = scopes.isEmpty || scopes.contains { path == $0 || path.hasPrefix($0 + ".") }
    for variable in scope.variables where isWanted {
      for (element, value) in variable.elements.enumerated() {
        let name = variable.isVector ? "\(variable.emittedName)[\(element)]" : variable.emittedName
        let range = variable.width > 1 ? " [\(variable.width - 1):0]" : ""
        let code = nextCode()
        put("$var wire \(variable.width) \(code) \(name)\(range) $end\n")
        variables.append(
          Variable(
            code: code, width: variable.width, slots: value.words.map { Int(simulation.program.slots[Int($0)]) }))
      }
    }
    for child in scope.children {
      let inner = path.isEmpty ? child.name : "\(path).\(child.name)"
      let leads = scopes.isEmpty || scopes.contains { inner.hasPrefix($0) || $0.hasPrefix(inner) }
      if !leads { continue }
      put("$scope \(child.kind == .module ? "module" : "begin") \(child.name) $end\n")
      declare(child, path: inner, scopes, simulation)
      put("$upscope $end\n")
    }
  }

  /// Short names of printable letters.
  private func nextCode() -> String {
    var number = count
    count += 1
    var code = ""
    repeat {
      code.unicodeScalars.append(Unicode.Scalar(UInt8(33 + number % 94)))
      number = number / 94 - 1
    } while number >= 0
    return code
  }

  // MARK: Changes

  func record(_ simulation: Simulation) {
    simulation.settleAll()
    // What holds until the edge that comes now held from the edge before.
    write(simulation, from: simulation.clocks.compactMap(\.lastEdge).max() ?? 0)
    if buffer.count > 1 << 20 { try? flush() }
  }

  private func write(_ simulation: Simulation, from start: Int) {
    fallingEdges(simulation, before: start)
    var changes = ""
    for index in lines.indices {
      let clock = simulation.clocks[lines[index].domain]
      let value = lines[index].isReset ? !clock.isInReset : clock.lastEdge == start
      if lines[index].shown == value || (!lines[index].isReset && !value && lines[index].shown != nil) { continue }
      lines[index].shown = value
      changes += "\(value ? 1 : 0)\(lines[index].code)\n"
    }
    for index in variables.indices {
      let slots = variables[index].slots
      let words = slots.map { simulation.state[$0] }
      if variables[index].shown == words { continue }
      variables[index].shown = words
      if variables[index].width == 1 {
        changes += "\(words[0] & 1)\(variables[index].code)\n"
      } else {
        changes += "b\(binary(words, variables[index].width)) \(variables[index].code)\n"
      }
    }
    let isFirst = lastTime == nil
    if changes.isEmpty, !isFirst { return }
    stamp(start)
    put(isFirst ? "$dumpvars\n\(changes)$end\n" : changes)
    lastTime = start
  }

  /// Clocks that fell between the instants that were recorded.
  private func fallingEdges(_ simulation: Simulation, before end: Int) {
    var falls: [(time: Int, index: Int)] = []
    for (index, line) in lines.enumerated() where !line.isReset && line.shown == true {
      guard let edge = lastEdges[line.domain] else { continue }
      let fall = edge + max(1, simulation.clocks[line.domain].period / 2)
      falls.append((fall, index))
    }
    for fall in falls.sorted(by: { ($0.time, $0.index) < ($1.time, $1.index) }) where fall.time <= end {
      stamp(fall.time)
      put("0\(lines[fall.index].code)\n")
      lines[fall.index].shown = false
      lastTime = fall.time
    }
    lastEdges = simulation.clocks.map(\.lastEdge)
  }

  private func stamp(_ time: Int) {
    if lastTime != time { put("#\(time)\n") }
  }

  /// Without leading zeros, as VCD has it.
  private func binary(_ words: [UInt64], _ width: Int) -> String {
    let pattern = BitPattern(words: words, width: width)
    var digits = ""
    for (number, word) in pattern.words.reversed().enumerated() {
      let text = String(word, radix: 2)
      digits += number == 0 ? text : String(repeating: "0", count: 64 - text.count) + text
    }
    let trimmed = digits.drop { $0 == "0" }
    return trimmed.isEmpty ? "0" : String(trimmed)
  }

  private func put(_ text: String) { buffer += Array(text.utf8) }

  private func flush() throws(SimulationError) {
    guard let file else { return }
    do {
      try file.write(contentsOf: buffer)
    } catch {
      throw .cannotWrite(path)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
