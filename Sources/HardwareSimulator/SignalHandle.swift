import HardwareDescription

/// A port or internal signal of a simulation, looked up once. Peeking and poking through a handle saves the look-up.
///
/// A handle belongs to the simulation that gave it.
public struct SignalHandle: Hashable, Sendable {
  /// The path under which it was looked up.
  public let name: String
  public let width: Int
  public let isSigned: Bool
  /// The cases, when the signal is an enumeration.
  public let enumeration: Enumeration?
  /// Places of its words.
  let slots: [Int]
  /// Some of its bits are computed only when somebody looks.
  let isInspected: Bool
  /// The number of the input, when it is one of the top module.
  let input: Int?
}

/// Names of a circuit, by path.
struct NameTable {
  struct Entry {
    let variable: Circuit.Variable
    let isTopPort: Bool
  }

  private(set) var signals: [String: Entry] = [:]
  private(set) var memories: [String: Int] = [:]
  /// One name for each signal, to suggest.
  private(set) var suggestions: [String] = []

  init(_ top: Circuit.Scope) { add(top, path: "") }

  private mutating func add(_ scope: Circuit.Scope, path: String) {
    let prefix = path.isEmpty ? "" : path + "."
    let ports = scope.variables.filter(\.isPort)
    let others = scope.variables.filter { !$0.isPort }
    func set(_ name: String, _ variable: Circuit.Variable) -> Bool {
      if signals[prefix + name] != nil { return false }
      signals[prefix + name] = Entry(variable: variable, isTopPort: path.isEmpty && variable.isPort)
      return true
    }
    // The author's names of ports, then all names of the emitted text, then the author's other names.
    for port in ports where set(port.name, port) { suggestions.append(prefix + port.name) }
    for variable in scope.variables { _ = set(variable.emittedName, variable) }
    for variable in others {
      let isFree = set(variable.name, variable) || variable.name == variable.emittedName
      suggestions.append(prefix + (isFree ? variable.name : variable.emittedName))
    }
    for memory in scope.memories { memories[prefix + memory.name] = memory.number }
    for child in scope.children { add(child, path: prefix + child.name) }
  }

  /// The signal and, for `name[3]`, the element.
  func find(_ name: String) -> (entry: Entry, element: Int?)? {
    if let entry = signals[name] { return (entry, nil) }
    guard name.hasSuffix("]"), let bracket = name.lastIndex(of: "["),
      let element = Int(name[name.index(after: bracket)...].dropLast()), let entry = signals[String(name[..<bracket])],
      entry.variable.isVector, entry.variable.elements.indices.contains(element)
    else { return nil }
    return (entry, element)
  }
}
