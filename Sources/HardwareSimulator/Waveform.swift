import HardwareDescription

/// Draws signals over cycles, as text that a test can compare.
///
///     let wave = try sim.waveform(["clk", "in_valid", "in_data"])
///     ...
///     #expect(wave.text == """
///       clk       ▔▁▔▁▔▁▔▁
///       in_valid  ▁▁▔▔▔▔▁▁
///       in_data   |0|7  |0
///       """)
///
/// A cycle begins right after an edge, or at the start, and is as wide as the widest value needs; it shows what held when the
/// next edge came. Bits are lines; numbers are hexadecimal, and enumerations show their cases, with a bar where they change.
public final class Waveform: Recorder {
  private enum Row {
    case clock(name: String, domain: Int)
    case signal(SignalHandle)
  }

  private var rows: [Row] = []
  private var samples: [[BitPattern]] = []
  /// By cycle: the clocks that had an edge at its beginning.
  private var edges: [[Bool]] = []

  init(of simulation: Simulation, _ names: [String]) throws(SimulationError) {
    for name in names {
      let clock = simulation.clocks.firstIndex { clock in
        name == clock.domain.clockName || "\(name)_i" == clock.domain.clockName
      }
      if let clock {
        rows.append(.clock(name: name, domain: clock))
      } else {
        rows.append(.signal(try simulation.signal(name)))
      }
    }
  }

  func record(_ simulation: Simulation) {
    edges.append(simulation.clocks.map { $0.lastEdge == simulation.clocks.compactMap(\.lastEdge).max() })
    samples.append(
      rows.map { row in
        switch row {
        case .clock: BitPattern(0, width: 1)
        case .signal(let signal): simulation.peekBits(signal)
        }
      })
  }

  /// Forgets what was recorded.
  public func clear() {
    samples = []
    edges = []
  }

  /// One line for each signal.
  public var text: String {
    let labels = rows.map { row in
      switch row {
      case .clock(let name, _): name
      case .signal(let signal): signal.name
      }
    }
    let longest = labels.map(\.count).max() ?? 0
    let texts = rows.indices.map { row in samples.map { label($0[row], rows[row]) } }
    let widest = texts.enumerated().flatMap { row, values in isLine(rows[row]) ? [] : values.map(\.count) }.max() ?? 0
    // A bar before a value, and an even number of columns for the two halves of a clock.
    let columns = max(2, (widest + 2) / 2 * 2)
    return rows.indices.map { row in
      let padding = String(repeating: " ", count: longest - labels[row].count + 2)
      return trimmed(labels[row] + padding + line(row, texts[row], columns))
    }.joined(separator: "\n")
  }

  private func isLine(_ row: Row) -> Bool {
    if case .signal(let signal) = row { signal.width == 1 && signal.enumeration == nil } else { true }
  }

  private func label(_ value: BitPattern, _ row: Row) -> String {
    guard case .signal(let signal) = row else { return "" }
    if let enumeration = signal.enumeration {
      let number = Int(value.words[0])
      return enumeration.cases.indices.contains(number) ? enumeration.cases[number] : "?\(number)"
    }
    let digits = value.hexadecimalDigits
    return String(repeating: "0", count: max(0, (value.width + 3) / 4 - digits.count)) + digits
  }

  private func line(_ row: Int, _ texts: [String], _ columns: Int) -> String {
    var result = ""
    for cycle in samples.indices {
      switch rows[row] {
      case .clock(_, let domain):
        let high = edges[cycle][domain] ? "▔" : "▁"
        result += String(repeating: high, count: columns / 2) + String(repeating: "▁", count: columns / 2)
      case .signal where isLine(rows[row]):
        result += String(repeating: samples[cycle][row][0] ? "▔" : "▁", count: columns)
      case .signal:
        if cycle == 0 || texts[cycle] != texts[cycle - 1] {
          result += "|" + texts[cycle].padding(to: columns - 1)
        } else {
          result += String(repeating: " ", count: columns)
        }
      }
    }
    return result
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Simulation {
  /// Starts to record signals, to be drawn as text. `clk` and the other clocks may be among them.
  public func waveform(_ names: [String]) throws(SimulationError) -> Waveform {
    let waveform = try Waveform(of: self, names)
    recorders.append(waveform)
    return waveform
  }
}
