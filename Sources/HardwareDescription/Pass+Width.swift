/// Reports what the builders noticed.
public struct ConstructionCheck: Pass {
  public init() {}
  public let name = "construction"
  public let summary = "reports wrong uses noticed while the modules were built"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules { diagnostics += module.problems }
  }
}

/// Finds values that are wider than what they are assigned to, and expressions that are not meaningful.
public struct WidthCheck: Pass {
  public init() {}
  public let name = "width"
  public let summary = "finds values wider than their target, and meaningless expressions"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      module.visitStatements { statement, scope in
        guard let location = statement.location else { return }
        switch statement {
        case .assign(let assignment):
          let target = assignment.target
          let path = module.path(target.signal)
          invalid(assignment.value, location, path, &diagnostics)
          for case .dynamic(let index)? in [target.element, target.low] { invalid(index, location, path, &diagnostics) }
          if assignment.value.width > target.width, !assignment.value.isInvalid {
            diagnostics.append(
              Diagnostic(
                .widthLoss, "\(assignment.value.width) bits assigned to \(target.width)",
                suggestion:
                  "use truncated(to: \(target.width)) or saturated(to: \(target.width)), or a wrapping operator (&+, &-)",
                location: location, path: path))
          }
        case .memoryWrite(let write):
          let path = module.path(of: module[write.memory].name, in: scope)
          invalid(write.data, location, path, &diagnostics)
          invalid(write.address, location, path, &diagnostics)
        case .conditional(let conditional):
          for branch in conditional.branches {
            invalid(branch.condition, location, module.path(of: "when", in: scope), &diagnostics)
          }
        case .selection(let selection):
          invalid(selection.subject, location, module.path(of: "switchOn", in: scope), &diagnostics)
        case .comment: break
        }
      }
      for instance in module.instances {
        for connection in instance.inputs {
          let path = module.path(of: "\(instance.name).\(connection.port)", in: instance.scope)
          invalid(connection.value, connection.location, path, &diagnostics)
          guard let port = design.interface(of: instance)?.port(connection.port, .input),
            !connection.value.isInvalid,
            connection.value.width > port.width
          else { continue }
          diagnostics.append(
            Diagnostic(
              .widthLoss, "\(connection.value.width) bits connected to an input of \(port.width)",
              suggestion: "use truncated(to: \(port.width))", location: connection.location, path: path))
        }
      }
      for signal in module.signals {
        guard case .delay(let source, _, _) = signal.role else { continue }
        invalid(source, signal.location, module.path(signal.id), &diagnostics)
      }
    }
  }

  private func invalid(
    _ expression: ExpressionNode, _ location: SourceLocation, _ path: String, _ diagnostics: inout [Diagnostic]
  ) {
    for message in expression.invalidMessages {
      diagnostics.append(Diagnostic(.invalidExpression, message, location: location, path: path))
    }
  }
}

extension ExpressionNode {
  var isInvalid: Bool {
    if case .invalid = kind { true } else { false }
  }

  /// The messages of invalid nodes within.
  var invalidMessages: [String] {
    var messages: [String] = []
    visit { node in
      if case .invalid(let message) = node.kind { messages.append(message) }
    }
    return messages
  }

  /// Calls `action` once for each node.
  func visit(_ action: (ExpressionNode) -> Void) {
    var open = operands
    action(self)
    if open.isEmpty { return }
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    while let node = open.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      action(node)
      open += node.operands
    }
  }
}

extension ModuleDefinition {
  /// The path of a signal.
  func path(_ id: SignalID) -> String { path(of: self[id].name, in: self[id].scope) }

  /// Calls `action` with every statement, outer ones first, and the scope it stands in.
  func visitStatements(_ action: (Statement, ScopeID) -> Void) {
    func visit(_ statement: Statement, _ scope: ScopeID) {
      action(statement, scope)
      for body in statement.bodies { for inner in body { visit(inner, scope) } }
    }
    func visit(_ items: [Item], _ scope: ScopeID) {
      for item in items {
        switch item {
        case .statement(let statement): visit(statement, scope)
        case .generate(let loop): visit(loop.items, loop.scope)
        case .comment, .declaration, .memory, .instance: break
        }
      }
    }
    visit(items, ScopeID(number: 0))
  }
}
