import HardwareDescription

/// Why a design cannot be simulated, or why a bench asked for something that does not exist.
public enum SimulationError: Error, Hashable, CustomStringConvertible, Sendable {
  /// Elaboration found errors; these are they.
  case invalidDesign([Diagnostic])
  case missingModule(String)
  /// Only clocks that come through a port can be stepped.
  case derivedClock(String)
  /// The value of a signal depends on itself within a cycle.
  case combinationalLoop(String)
  /// No port or signal has the name; `near` are the most similar ones.
  case unknownSignal(String, near: [String])
  case unknownMemory(String, near: [String])
  case unknownDomain(String, near: [String])
  /// Only inputs of the top module can be poked.
  case notAnInput(String)
  /// The value needs more bits than the signal has.
  case valueTooWide(String, value: String, width: Int)
  /// The value of the signal needs more than 64 bits.
  case needsBitPattern(String, width: Int)
  case addressOutOfRange(String, address: Int, depth: Int)
  /// The signal is a vector: an element must be named.
  case needsElement(String, count: Int)
  /// A file could not be written.
  case cannotWrite(String)

  public var description: String {
    switch self {
    case .invalidDesign(let diagnostics):
      let first = diagnostics.first.map { ", first \($0)" } ?? ""
      return "The design has \(diagnostics.count) elaboration error\(diagnostics.count == 1 ? "" : "s")\(first)."
    case .missingModule(let name): return "The design has no module `\(name)`."
    case .derivedClock(let name):
      return "The clock `\(name)` is made inside the design, and only clocks that come through ports are simulated."
    case .combinationalLoop(let path): return "The value of `\(path)` depends on itself within a cycle."
    case .unknownSignal(let name, let near):
      return "The design has no signal `\(name)`\(Self.suggestion(near))."
    case .unknownMemory(let name, let near): return "The design has no memory `\(name)`\(Self.suggestion(near))."
    case .unknownDomain(let name, let near): return "The design has no clock domain `\(name)`\(Self.suggestion(near))."
    case .notAnInput(let name): return "`\(name)` is not an input of the top module, so it cannot be poked."
    case .valueTooWide(let name, let value, let width):
      return "The value \(value) does not fit `\(name)` of \(width) bit\(width == 1 ? "" : "s")."
    case .needsBitPattern(let name, let width):
      return "`\(name)` has \(width) bits; peek it as a BitPattern."
    case .addressOutOfRange(let name, let address, let depth):
      return "The memory `\(name)` has \(depth) words and none at \(address)."
    case .needsElement(let name, let count):
      return "`\(name)` is a vector of \(count); name an element, as in `\(name)[0]`."
    case .cannotWrite(let path): return "`\(path)` could not be written."
    }
  }

  private static func suggestion(_ near: [String]) -> String {
    near.isEmpty ? "" : "; similar: \(near.map { "`\($0)`" }.joined(separator: ", "))"
  }
}

/// The names most like `name`, best first; none that differs in more than a third of its letters.
func nearest(to name: String, among names: some Sequence<String>, limit: Int = 3) -> [String] {
  let letters = Array(name.utf8)
  let allowed = max(2, letters.count / 3)
  return
    names.map { candidate -> (name: String, distance: Int) in
      let last = candidate.split(separator: ".").last.map(String.init) ?? candidate
      let whole = editDistance(letters, Array(candidate.utf8))
      // A signal further down with the right name is a good guess, too.
      return (candidate, last == name ? min(whole, 1) : whole)
    }
    .filter { $0.distance <= allowed }
    .sorted { ($0.distance, $0.name.count, $0.name) < ($1.distance, $1.name.count, $1.name) }
    .prefix(limit).map(\.name)
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  if abs(a.count - b.count) > 24 { return abs(a.count - b.count) }
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.count]
}
