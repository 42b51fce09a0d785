/// Finds signals that are used outside their module or loop.
public struct ScopeCheck: Pass {
  public init() {}
  public let name = "scope"
  public let summary = "finds signals used outside their module or loop"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      func check(_ expression: ExpressionNode, _ scope: ScopeID, _ location: SourceLocation, _ name: String) {
        for id in expression.foreignSignals(to: scope, of: module) {
          let path = module.path(of: name, in: scope)
          if id.module != module.number {
            diagnostics.append(
              Diagnostic(
                .outOfScope, "a signal of another module is read", suggestion: "pass it through a port",
                location: location,
                path: path))
          } else {
            diagnostics.append(
              Diagnostic(
                .outOfScope, "`\(module[id].name)` belongs to a loop and is read outside of it",
                suggestion: "collect the elements in a vector declared before the loop", location: location, path: path)
            )
          }
        }
      }
      module.visitStatements { statement, scope in
        let location = statement.location ?? module.location
        statement.visitOwnReads { expression in
          if expression.foreignSignals(to: scope, of: module).isEmpty { return }
          let written = statement.written.compactMap { written -> String? in
            switch written {
            case .signal(let id): id.module == module.number ? module[id].name : nil
            case .memory(let id): module[id].name
            }
          }.min()
          check(expression, scope, location, written ?? "when")
        }
      }
      for instance in module.instances {
        for connection in instance.inputs {
          check(connection.value, instance.scope, connection.location, "\(instance.name).\(connection.port)")
        }
      }
    }
  }
}

extension ExpressionNode {
  /// The signals that may not be read in a scope: of other modules, or of loops that are not around it.
  fileprivate func foreignSignals(to scope: ScopeID, of module: ModuleDefinition) -> [SignalID] {
    var found: Set<SignalID> = []
    visitSignals { id in
      if id.module == module.number, module[id].scope.number == 0 { return }
      if id.module != module.number || !module.scope(module[id].scope, encloses: scope) { found.insert(id) }
    }
    return found.sorted { $0.number < $1.number }
  }
}

extension ModuleDefinition {
  /// Whether `outer` is `inner` or one of the scopes around it.
  func scope(_ outer: ScopeID, encloses inner: ScopeID) -> Bool {
    var current: ScopeID? = inner
    while let scope = current {
      if scope == outer { return true }
      current = scopeParents[scope.number]
    }
    return false
  }
}

/// Finds names that are taken, reserved or not identifiers.
public struct NameCheck: Pass {
  public init() {}
  public let name = "names"
  public let summary = "finds names that are taken, reserved or not identifiers"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      var seen: [Int: Set<String>] = [:]
      func claim(_ identifier: String, _ scope: ScopeID, _ location: SourceLocation) {
        if !isIdentifier(identifier) || reservedWords.contains(identifier) {
          diagnostics.append(
            Diagnostic(
              .name, "`\(identifier)` is not a usable name in SystemVerilog", location: location,
              path: module.path(of: identifier, in: scope)))
        }
        var current: ScopeID? = scope
        while let outer = current {
          if seen[outer.number]?.contains(identifier) == true {
            diagnostics.append(
              Diagnostic(
                .name, "the name `\(identifier)` is taken already", suggestion: "choose another name",
                location: location, path: module.path(of: identifier, in: scope)))
            return
          }
          current = module.scopeParents[outer.number]
        }
        seen[scope.number, default: []].insert(identifier)
      }
      let body = ScopeID(number: 0)
      claim(module.name, body, module.location)
      if design.externals[module.name] != nil {
        diagnostics.append(
          Diagnostic(
            .name, "an external module has the name `\(module.name)`, too", suggestion: "choose another name",
            location: module.location, path: module.path))
      }
      for use in module.clocks {
        claim(use.domain.clockName, body, module.location)
        if use.hasReset { claim(use.domain.resetName, body, module.location) }
      }
      for constant in module.constants { claim(constant.name, body, module.location) }
      for enumeration in module.enumerations {
        claim("\(enumeration.name)_e", body, module.location)
        for number in enumeration.cases.indices { claim(enumeration.label(number), body, module.location) }
      }
      // Outer scopes first, because an inner name must not hide an outer one.
      for signal in module.signals.sorted(by: { ($0.scope.number, $0.id.number) < ($1.scope.number, $1.id.number) }) {
        for identifier in signal.identifiers { claim(identifier, signal.scope, signal.location) }
      }
      for memory in module.memories { claim(memory.name, memory.scope, memory.location) }
      for instance in module.instances { claim(instance.name, instance.scope, instance.location) }
      module.visitLoops { loop, scope in
        claim(loop.name, scope, loop.location)
        claim(loop.variable.name, loop.scope, loop.location)
      }
    }
  }

  private func isIdentifier(_ name: String) -> Bool {
    var previous: UInt8 = 0
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "_"): if previous == byte { return false }
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"): if previous == 0 { return false }
      default: return false
      }
      previous = byte
    }
    return previous != 0
  }
}

extension Signal {
  /// Every name the signal has in the text.
  var identifiers: [String] {
    switch role {
    case .register: return ["\(name)_q", "\(name)_d"]
    case .delay:
      if usesShiftArray { return [emittedName] }
      return (0..<(count?.value ?? 0)).map(stageName)
    default: return [emittedName]
    }
  }
}

extension ModuleDefinition {
  /// Calls `action` with every loop and the scope it stands in, outer ones first.
  func visitLoops(_ action: (GenerateLoop, ScopeID) -> Void) {
    func visit(_ items: [Item], _ scope: ScopeID) {
      for case .generate(let loop) in items {
        action(loop, scope)
        visit(loop.items, loop.scope)
      }
    }
    visit(items, ScopeID(number: 0))
  }
}

/// Keywords of SystemVerilog 2017.
let reservedWords: Set<String> = Set(
  """
  accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins
  binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const constraint
  context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge else end endcase
  endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive
  endprogram endproperty endspecify endsequence endtable endtask enum event eventually expect export extends extern final
  first_match for force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins
  illegal_bins implements implies import incdir include initial inout input inside instance int integer interconnect interface
  intersect join join_any join_none large let liblist library local localparam logic longint macromodule matches medium modport
  module nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output package packed parameter
  pmos posedge primitive priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect
  pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on release repeat restrict return
  rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint
  shortreal showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct super supply0
  supply1 sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri
  tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var vectored
  virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
  """.split(whereSeparator: \.isWhitespace).map(String.init))

/// Finds instance inputs that are not connected.
public struct ConnectionCheck: Pass {
  public init() {}
  public let name = "connections"
  public let summary = "finds instance inputs that are not connected"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      for instance in module.instances {
        guard let child = design.interface(of: instance) else { continue }
        let connected = Set(instance.inputs.map(\.port))
        for port in child.ports where port.direction == .input && !connected.contains(port.name) {
          diagnostics.append(
            Diagnostic(
              .connection, "the input `\(port.name)` is not connected", suggestion: "connect(\"\(port.name)\", ...)",
              location: instance.location, path: module.path(of: "\(instance.name).\(port.name)", in: instance.scope)))
        }
      }
    }
  }
}
