/// Turns the choice between values of an enumeration into if and else: some tools take `c ? A : B` for a number that
/// needs a cast, and others have no such cast. So does a case over a port of an enumeration.
public struct EnumerationChoices: Pass {
  public init() {}
  public let name = "enumerations"
  public let summary = "turns choices between enumeration values into if and else"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for index in design.modules.indices {
      let module = design.modules[index]
      guard !module.enumerations.isEmpty else { continue }
      design.modules[index].items = items(module.items, module)
    }
  }

  private func items(_ items: [Item], _ module: ModuleDefinition) -> [Item] {
    items.map { item in
      switch item {
      case .statement(let statement): return .statement(changed(statement, module))
      case .generate(var loop):
        loop.items = self.items(loop.items, module)
        return .generate(loop)
      default: return item
      }
    }
  }

  private func changed(_ statement: Statement, _ module: ModuleDefinition) -> Statement {
    switch statement {
    case .comment, .memoryWrite: return statement
    case .assign(let assignment):
      guard module[assignment.target.signal].enumeration != nil,
        case .select(let condition, let then, let otherwise) = assignment.value.kind
      else { return statement }
      func assign(_ value: ExpressionNode) -> [Statement] {
        [changed(.assign(Assignment(target: assignment.target, value: value, location: assignment.location)), module)]
      }
      return .conditional(
        Conditional(
          branches: [Conditional.Branch(condition: condition, body: assign(then))], otherwise: assign(otherwise),
          location: assignment.location))
    case .conditional(var conditional):
      for index in conditional.branches.indices {
        conditional.branches[index].body = conditional.branches[index].body.map { changed($0, module) }
      }
      conditional.otherwise = conditional.otherwise?.map { changed($0, module) }
      return .conditional(conditional)
    case .selection(var selection):
      for index in selection.arms.indices {
        selection.arms[index].body = selection.arms[index].body.map { changed($0, module) }
      }
      selection.otherwise = selection.otherwise?.map { changed($0, module) }
      return takesLabels(selection, module) ? .selection(selection) : .conditional(comparisons(selection))
    }
  }

  /// Whether the subject of a `case` is declared with the type of its labels, or the labels are numbers.
  private func takesLabels(_ selection: CaseSelection, _ module: ModuleDefinition) -> Bool {
    guard case .enumeration? = selection.arms.first?.labels.first?.kind else { return true }
    guard case .signal(let id, nil) = selection.subject.kind else { return false }
    return module[id].enumeration != nil && !module[id].isPort && !module[id].isEncoded
  }

  /// Comparisons in place of labels: a port of an enumeration is plain bits, which some tools do not take labels for.
  private func comparisons(_ selection: CaseSelection) -> Conditional {
    var branches = selection.arms.compactMap { arm -> Conditional.Branch? in
      let matches = arm.labels.map { ExpressionNode.comparison(.equal, selection.subject, $0) }
      guard let first = matches.first else { return nil }
      let condition = matches.dropFirst().reduce(first) { .uniform(.logicalOr, $0, $1) }
      return Conditional.Branch(condition: condition, body: arm.body)
    }
    var otherwise = selection.otherwise.flatMap { $0.isEmpty ? nil : $0 }
    if selection.otherwise == nil, branches.count > 1 { otherwise = branches.removeLast().body }
    return Conditional(branches: branches, otherwise: otherwise, location: selection.location)
  }
}
