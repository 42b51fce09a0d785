// The elaborated design: what passes, the emitter and a simulator read.

public struct SignalID: Hashable, Sendable {
  /// Position in `ModuleDefinition.signals`.
  public let number: Int
  /// The module it belongs to, by order of construction.
  public let module: Int
}

public struct MemoryID: Hashable, Sendable {
  public let number: Int
}

public struct InstanceID: Hashable, Sendable {
  public let number: Int
}

/// A region of a module: the module body or the body of a generate loop.
public struct ScopeID: Hashable, Sendable {
  public let number: Int
}

/// A named signal, or a vector of them.
public struct Signal: Sendable {
  public enum Role: Sendable {
    case input
    case output
    case wire
    /// Clocked; `reset` is nil for a data register, which keeps no defined value until first written.
    case register(reset: BitPattern?)
    /// Copies of `source`, delayed by 1, 2, ... cycles; element 0 is one cycle late. `firstStage` is the pipeline
    /// stage of element 0, used in names.
    case delay(source: ExpressionNode, firstStage: Int, reset: BitPattern?)
    /// Driven by an instance.
    case instanceOutput(InstanceID, port: String)
    /// Absorbs values that are not used on purpose.
    case sink
  }

  public let id: SignalID
  /// As the author wrote it.
  public internal(set) var name: String
  public internal(set) var role: Role
  /// Bits of one element.
  public let width: Int
  public let isSigned: Bool
  public let enumeration: Enumeration?
  /// Elements, for vectors.
  public internal(set) var count: Index?
  public let scope: ScopeID
  public let location: SourceLocation
  /// Of registers, delays and ports; nil for what is combinational or constant.
  public internal(set) var domain: ClockDomain?
  /// A signal of an enumeration that is declared as plain bits, because it takes values from a port.
  public internal(set) var isEncoded = false
  /// A register whose copies a synthesis tool must not merge.
  public internal(set) var isKept = false
  /// Set when values of other domains may enter here.
  public internal(set) var crossing: ClockCrossing?

  public var isRegister: Bool {
    if case .register = role { true } else { false }
  }

  public var isPort: Bool {
    switch role {
    case .input, .output: true
    default: false
    }
  }

  public var reset: BitPattern? {
    switch role {
    case .register(let reset): reset
    case .delay(_, _, let reset): reset
    default: nil
    }
  }

  /// The name under which the signal is read in SystemVerilog.
  public var emittedName: String {
    switch role {
    case .input: "\(name)_i"
    case .output: "\(name)_o"
    case .wire, .instanceOutput: name
    case .register: "\(name)_q"
    case .delay: crossing == nil ? "\(name)_delay_q" : "\(name)_sync_q"
    case .sink: "unused_\(name)"
    }
  }

  /// Delays of more than two stages, and synchronisers of bits, are arrays (packed when one bit wide).
  package var usesShiftArray: Bool { (count?.value ?? 0) > 2 || (crossing != nil && width == 1) }

  /// The name of element `step` of a delay that is not an array.
  package func stageName(_ step: Int) -> String {
    guard case .delay(_, let firstStage, _) = role else { return emittedName }
    return "\(name)_\(crossing == nil ? "p" : "sync")\(firstStage + step)_q"
  }
}

/// What an assignment writes.
public struct Target: Sendable {
  public let signal: SignalID
  public let element: Selector?
  /// Lowest bit of a partial assignment.
  public let low: Selector?
  public let width: Int
  public let isSigned: Bool
}

public struct Assignment: Sendable {
  public let target: Target
  public let value: ExpressionNode
  public let location: SourceLocation
}

public struct MemoryWrite: Sendable {
  public let memory: MemoryID
  public let address: ExpressionNode
  public let data: ExpressionNode
  public let domain: ClockDomain
  public let location: SourceLocation
}

/// What happens in a scope, in the author's order; a later assignment wins over an earlier one.
public indirect enum Statement: Sendable {
  case comment(String)
  case assign(Assignment)
  case memoryWrite(MemoryWrite)
  case conditional(Conditional)
  case selection(CaseSelection)
}

/// `if`, `else if`, `else`.
public struct Conditional: Sendable {
  public struct Branch: Sendable {
    public let condition: ExpressionNode
    public var body: [Statement]
  }

  public var branches: [Branch]
  public var otherwise: [Statement]?
  public let location: SourceLocation
}

/// `unique case`.
public struct CaseSelection: Sendable {
  public struct Arm: Sendable {
    /// Constants or enumeration values.
    public let labels: [ExpressionNode]
    public var body: [Statement]
  }

  public let subject: ExpressionNode
  public var arms: [Arm]
  public var otherwise: [Statement]?
  public let location: SourceLocation

  /// Every value of the subject has an arm.
  public var isExhaustive: Bool {
    if otherwise != nil { return true }
    let labels = arms.reduce(0) { $0 + $1.labels.count }
    return subject.width < 20 && labels == 1 << subject.width
  }
}

public struct Memory: Sendable {
  public enum Style: String, Sendable {
    case block
    case distributed
  }

  /// What a registered read shows when the same address is written in the same cycle.
  public enum Collision: Sendable {
    /// The old word.
    case old
    /// Nothing defined: the design promises that no such word is used, which saves the synthesis tool the bypass.
    /// Simulators show the old word.
    case undefined
  }

  public let id: MemoryID
  public let name: String
  public let width: Int
  public let isSigned: Bool
  public let depth: Index
  /// 0: asynchronous, 1: registered.
  public let readLatency: Int
  public let style: Style
  public let collision: Collision
  /// What it holds at first; nil leaves that undefined.
  public let contents: MemoryContents?
  public let scope: ScopeID
  public let location: SourceLocation
  /// The clock that writes it; nil when nothing does.
  public internal(set) var writeDomain: ClockDomain?
}

public struct Instance: Sendable {
  public struct Connection: Sendable {
    public let port: String
    public let value: ExpressionNode
    public let location: SourceLocation
  }

  /// A parameter or attribute of an external module, and its value as text.
  public struct Parameter: Sendable {
    public let name: String
    public let text: String
  }

  public let id: InstanceID
  public let name: String
  public let moduleName: String
  /// Of an external module.
  public let attributes: [Parameter]
  public let parameters: [Parameter]
  public internal(set) var inputs: [Connection]
  /// The signals the instance drives, by port.
  public internal(set) var outputs: [(port: String, signal: SignalID)]
  /// The domain of this module that each clock domain of the instantiated module stands for, those of its ports included.
  public internal(set) var clocks: [ClockDomain: ClockDomain] = [:]
  /// Said above it.
  public let comment: String?
  public let scope: ScopeID
  public let location: SourceLocation
}

/// One item of a scope, in order of appearance.
public enum Item: Sendable {
  case comment(String)
  case declaration(SignalID)
  case memory(MemoryID)
  case statement(Statement)
  case instance(InstanceID)
  case generate(GenerateLoop)
}

public struct GenerateLoop: Sendable {
  public let name: String
  public let variable: LoopVariable
  public let lower: Index
  /// Excluded.
  public let upper: Index
  public let scope: ScopeID
  public internal(set) var items: [Item]
  public let location: SourceLocation
}

/// A port as the module's users see it.
public struct ModulePort: Sendable {
  public enum Direction: Sendable {
    case input
    case output
  }

  /// Without suffix.
  public let name: String
  public let direction: Direction
  public let width: Int
  public let isSigned: Bool
  public let signal: SignalID
  /// For flattened vectors: width and number of the elements.
  public let elements: (width: Int, count: Int)?
  /// The author's comment before the port.
  public let comment: String?
  /// A port of an ``ExternalModule``, whose name stands for itself.
  var isExternal = false

  public var emittedName: String {
    if isExternal { return name }
    return direction == .input ? "\(name)_i" : "\(name)_o"
  }
}

/// One elaborated module.
public struct ModuleDefinition: Sendable {
  public let name: String
  /// Numbers modules by order of construction.
  public let number: Int
  public let documentation: String
  public internal(set) var location: SourceLocation
  /// Dotted path of the first instance.
  public let path: String
  public internal(set) var ports: [ModulePort] = []
  public internal(set) var constants: [(name: String, value: Int)] = []
  public internal(set) var enumerations: [Enumeration] = []
  public internal(set) var signals: [Signal] = []
  public internal(set) var memories: [Memory] = []
  public internal(set) var instances: [Instance] = []
  public internal(set) var items: [Item] = []
  /// Parent of each scope; the module body is scope 0.
  public internal(set) var scopeParents: [ScopeID?] = [nil]
  public internal(set) var scopeNames: [String] = [""]
  /// The clocks of which the module has ports, `main` first, the others in order of use.
  public internal(set) var clocks: [ClockUse] = []
  /// The clocks that are made in the module, which has no ports for them.
  public internal(set) var derivedClocks: [DerivedClock] = []
  /// Wrong uses found while building, reported by the first pass.
  var problems: [Diagnostic] = []

  public subscript(id: SignalID) -> Signal { signals[id.number] }
  public subscript(id: MemoryID) -> Memory { memories[id.number] }
  public subscript(id: InstanceID) -> Instance { instances[id.number] }

  /// Positions in `ports`, by name.
  private(set) var portPositions: [String: [Int]] = [:]

  mutating func append(_ port: ModulePort) {
    portPositions[port.name, default: []].append(ports.count)
    ports.append(port)
  }

  /// The port of that name, an input before an output.
  public func port(_ name: String) -> ModulePort? { port(name, .input) ?? port(name, .output) }

  /// The port of that name and direction.
  public func port(_ name: String, _ direction: ModulePort.Direction) -> ModulePort? {
    for position in portPositions[name] ?? [] where ports[position].direction == direction { return ports[position] }
    return nil
  }

  /// The path of a name declared in a scope, loops included.
  public func path(of name: String, in scope: ScopeID) -> String {
    var parts = [name]
    var current: ScopeID? = scope
    while let scope = current, scope.number != 0 {
      parts.append(scopeNames[scope.number])
      current = scopeParents[scope.number]
    }
    parts.append(path)
    return parts.reversed().joined(separator: ".")
  }
}

/// All modules below a top module, each before the modules that use it.
public struct Design: Sendable {
  public internal(set) var modules: [ModuleDefinition]
  public let topName: String
  /// The ports of modules whose text comes from elsewhere, by name.
  let externals: [String: ModuleDefinition]
  private let positions: [String: Int]

  init(modules: [ModuleDefinition], topName: String, externals: [String: ModuleDefinition] = [:]) {
    self.modules = modules
    self.topName = topName
    self.externals = externals
    positions = Dictionary(modules.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
  }

  public var top: ModuleDefinition? { module(topName) }
  public func module(_ name: String) -> ModuleDefinition? { position(of: name).map { modules[$0] } }
  /// The ports of what an instance is of, be it a module of the design or an external one.
  func interface(of instance: Instance) -> ModuleDefinition? {
    module(instance.moduleName) ?? externals[instance.moduleName]
  }

  /// Signals and operators of all modules, each counted once: the size of the design.
  public var nodeCount: Int {
    modules.reduce(0) { sum, module in
      var operators: Set<ObjectIdentifier> = []
      module.visitExpressions { node in
        if node.depth > 0 { operators.insert(ObjectIdentifier(node)) }
      }
      return sum + module.signals.count + operators.count
    }
  }

  /// The position in `modules`.
  func position(of name: String) -> Int? { positions[name] }
}

extension Instance {
  /// The name without the prefix of instances.
  var shortName: String { name.hasPrefix("u_") ? String(name.dropFirst(2)) : name }
}
