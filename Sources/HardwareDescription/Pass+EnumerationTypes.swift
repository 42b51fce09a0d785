/// Decides which signals of an enumeration are declared with its type.
///
/// Ports are plain bits, and so is what comes from them: SystemVerilog does not assign bits to a variable of an enumeration, and not
/// every tool has the cast. So a signal to which anything is assigned but values of the same type is declared as bits too; its
/// values keep their names.
public struct EnumerationTypes: Pass {
  public init() {}
  public let name = "enumeration-types"
  public let summary = "declares as bits what takes values of an enumeration from a port"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for index in design.modules.indices {
      let module = design.modules[index]
      var used: Set<Enumeration> = []
      module.visitExpressions { node in
        if case .enumeration(let value) = node.kind { used.insert(value.enumeration) }
      }
      module.visitStatements { statement, _ in
        guard case .selection(let selection) = statement else { return }
        for case .enumeration(let value) in selection.arms.flatMap(\.labels).map(\.kind) {
          used.insert(value.enumeration)
        }
      }
      let missing = used.subtracting(module.enumerations)
      design.modules[index].enumerations += missing.sorted { $0.name < $1.name }
      if design.modules[index].enumerations.isEmpty { continue }
      for signal in encoded(module) { design.modules[index].signals[signal].isEncoded = true }
    }
  }

  /// The signals that take a value without the type, directly or through another such signal.
  private func encoded(_ module: ModuleDefinition) -> Set<Int> {
    var values: [(target: Signal, value: ExpressionNode)] = []
    module.visitStatements { statement, _ in
      guard case .assign(let assignment) = statement else { return }
      let target = module[assignment.target.signal]
      if target.enumeration != nil, !target.isPort { values.append((target, assignment.value)) }
    }
    var result: Set<Int> = []
    var isComplete = false
    while !isComplete {
      isComplete = true
      for (target, value) in values where !result.contains(target.id.number) {
        if !isTyped(value, target.enumeration, module, result) {
          result.insert(target.id.number)
          isComplete = false
        }
      }
    }
    return result
  }

  private func isTyped(
    _ value: ExpressionNode, _ enumeration: Enumeration?, _ module: ModuleDefinition, _ encoded: Set<Int>
  ) -> Bool {
    var open = [value]
    while let node = open.popLast() {
      switch node.kind {
      case .enumeration(let value): if value.enumeration != enumeration { return false }
      case .signal(let id, nil):
        let signal = module[id]
        if signal.enumeration != enumeration || signal.isPort || encoded.contains(id.number) { return false }
      // Such a choice becomes an if and else.
      case .select(_, let then, let otherwise): open += [then, otherwise]
      default: return false
      }
    }
    return true
  }
}
