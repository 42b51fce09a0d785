/// Builds one module: declares its signals and records what happens to them, in order.
///
/// A builder is handed to `HardwareModule.build(_:)`. Wrong uses never stop the run; they become diagnostics.
public final class ModuleBuilder {
  var definition: ModuleDefinition
  let context: ElaborationContext
  let path: String

  /// The clock domain that is open; see `clocked(by:)`.
  public internal(set) var domain = ClockDomain.main
  /// Items of the scopes that are open, innermost last.
  var openItems: [[Item]] = [[]]
  private var openScopes: [ScopeID] = [ScopeID(number: 0)]
  /// Statement lists of the open conditional bodies of the innermost scope.
  var openBodies: [[Statement]] = []
  private var loopCount = 0
  /// Inputs of instances that have a value.
  var connectedPorts: [InstanceID: Set<String>] = [:]
  /// Delays made so far, by what they delay.
  var delays: [DelayKey: SignalID] = [:]
  /// Names that delays and sinks have, and the number that the next one of a name gets.
  private var generatedNames: Set<GeneratedName> = []
  private var nextNumbers: [GeneratedName: Int] = [:]

  private struct GeneratedName: Hashable {
    let name: String
    /// Nil for sinks, whose names differ within the module.
    let scope: ScopeID?
  }

  init(module: some HardwareModule, path: String, context: ElaborationContext) {
    definition = ModuleDefinition(
      name: module.moduleName, number: context.nextModuleNumber(), documentation: module.documentation,
      location: SourceLocation(file: module.sourceFile, line: 0), path: path)
    self.context = context
    self.path = path
  }

  var scope: ScopeID { openScopes[openScopes.count - 1] }
  var isConditional: Bool { !openBodies.isEmpty }
  var loopDepth: Int { openScopes.count - 1 }

  func finish() -> ModuleDefinition {
    definition.items = openItems[0]
    // The file the ports were declared in is the file the module was written in.
    if let port = definition.ports.first { definition.location = definition[port.signal].location }
    return definition
  }

  /// Reports a wrong use of the module, found while building it: what is wrong, what to do about it, and the name of the
  /// signal or parameter concerned.
  public func report(
    _ kind: Diagnostic.Kind, _ message: String, suggestion: String = "", name: String, _ location: SourceLocation
  ) {
    definition.problems.append(
      Diagnostic(kind, message, suggestion: suggestion, location: location, path: definition.path(of: name, in: scope)))
  }

  /// The name of a signal; nil for other expressions.
  package func name(of value: some HardwareValue) -> String? {
    if case .signal(let id, nil) = value.expression.kind { definition[id].name } else { nil }
  }

  // MARK: Recording

  func append(_ item: Item) { openItems[openItems.count - 1].append(item) }

  func record(_ statement: Statement) {
    if openBodies.isEmpty {
      append(.statement(statement))
    } else {
      openBodies[openBodies.count - 1].append(statement)
    }
  }

  func body(_ build: () -> Void) -> [Statement] {
    openBodies.append([])
    build()
    return openBodies.removeLast()
  }

  /// Runs `build` in a new scope and returns its items.
  func inScope(named name: String, _ build: (ScopeID) -> Void) -> (ScopeID, [Item]) {
    let new = ScopeID(number: definition.scopeParents.count)
    definition.scopeParents.append(scope)
    definition.scopeNames.append(name)
    openScopes.append(new)
    openItems.append([])
    let bodies = openBodies
    openBodies = []
    build(new)
    openBodies = bodies
    openScopes.removeLast()
    return (new, openItems.removeLast())
  }

  func nextLoopVariable(_ name: String?) -> LoopVariable {
    loopCount += 1
    let names = ["k", "j", "i", "h", "g"]
    return LoopVariable(name: name ?? names[min(loopDepth, names.count - 1)], identifier: loopCount)
  }

  func declare(
    _ name: String, _ role: Signal.Role, width: Int, isSigned: Bool, enumeration: Enumeration? = nil,
    count: Index? = nil, scope chosen: ScopeID? = nil, crossing: ClockCrossing? = nil, _ location: SourceLocation
  ) -> Signal {
    if width < 1 { report(.invalidExpression, "a width of \(width) bits", name: name, location) }
    let domain: ClockDomain? =
      switch role {
      case .register, .delay, .input, .output: self.domain
      case .wire, .instanceOutput, .sink: nil
      }
    let signal = Signal(
      id: SignalID(number: definition.signals.count, module: definition.number), name: name, role: role,
      width: max(1, width), isSigned: isSigned,
      enumeration: enumeration, count: count, scope: chosen ?? scope, location: location, domain: domain,
      crossing: crossing)
    definition.signals.append(signal)
    if let enumeration, !definition.enumerations.contains(enumeration) { definition.enumerations.append(enumeration) }
    switch role {
    case .register, .delay: useClock(withReset: signal.reset != nil, name, location)
    default: break
    }
    return signal
  }

  /// `name`, or `name_2`, `name_3`, ... when it is taken in the scope.
  func uniqueName(_ name: String, in scope: ScopeID?) -> String {
    let wanted = GeneratedName(name: name, scope: scope)
    if generatedNames.insert(wanted).inserted { return name }
    var number = nextNumbers[wanted] ?? 2
    while !generatedNames.insert(GeneratedName(name: "\(name)_\(number)", scope: scope)).inserted { number += 1 }
    nextNumbers[wanted] = number + 1
    return "\(name)_\(number)"
  }

  /// Notes that something is clocked by the domain that is open.
  func useClock(withReset: Bool, _ name: String, _ location: SourceLocation) {
    if domain == .asynchronous {
      report(
        .invalidExpression, "a register in the domain `asynchronous`, which has no clock",
        suggestion: "declare it in the domain that takes the value in", name: name, location)
    } else {
      definition.use(domain, withReset: withReset)
    }
  }

  func expression(_ signal: Signal, _ selector: Selector? = nil) -> ExpressionNode {
    ExpressionNode(.signal(signal.id, selector), width: signal.width, isSigned: signal.isSigned)
  }
}
