import HardwareDescription

/// A flattened design: one graph of words, what keeps state, and what has a name.
struct Circuit {
  struct Register {
    let current: WideValue
    var next: WideValue
    let reset: BitPattern?
    /// Number of the clock domain.
    let domain: Int
    /// Registers of one group tend to change together.
    let group: Int
  }

  struct Input {
    let name: String
    let value: WideValue
  }

  struct Memory {
    let path: String
    let width: Int
    let isSigned: Bool
    let depth: Int
    let contents: MemoryContents?
    /// In the order in which they happen at an edge.
    var writes: [Write] = []
  }

  struct Write {
    let domain: Int
    let enable: WordID
    let address: WordID
    let data: WideValue
  }

  /// A region of the hierarchy, for names.
  struct Scope {
    enum Kind {
      case module
      case loop
    }

    let name: String
    let kind: Kind
    var variables: [Variable] = []
    var memories: [(name: String, number: Int)] = []
    var children: [Scope] = []
  }

  struct Variable {
    /// As the author wrote it.
    let name: String
    /// As in SystemVerilog; unique in its scope.
    let emittedName: String
    let isPort: Bool
    let isSigned: Bool
    let width: Int
    let enumeration: Enumeration?
    /// More than one element, or a vector of one.
    let isVector: Bool
    let elements: [WideValue]
  }

  var graph = WordGraph()
  /// Those of the top module; at least one, so that time can pass.
  var domains: [ClockDomain] = []
  var registers: [Register] = []
  var inputs: [Input] = []
  var outputs: [(name: String, value: WideValue)] = []
  var memories: [Memory] = []
  /// Of the top module.
  var name = ""
  var top = Scope(name: "", kind: .module)
}
