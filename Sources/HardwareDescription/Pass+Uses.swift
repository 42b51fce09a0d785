/// Finds signals, elements, bits and memories that nobody reads. Lint tools would report them in the emitted text.
public struct UseCheck: Pass {
  public init() {}
  public let name = "unused"
  public let summary = "finds signals, elements, bits and memories that are never read"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      var survey = UseSurvey(module: module)
      survey.run()
      diagnostics += survey.diagnostics()
    }
  }
}

private struct UseSurvey {
  /// What is read of a signal.
  enum Use {
    case none
    case all
    /// By bit; of a vector, by element and bit.
    case some(bits: [Bool], elements: [Bool])
  }

  let module: ModuleDefinition
  private var uses: [Use]
  private var readMemories: Set<MemoryID> = []
  private var seen: Set<ObjectIdentifier> = []

  init(module: ModuleDefinition) {
    self.module = module
    uses = Array(repeating: .none, count: module.signals.count)
  }

  mutating func run() {
    module.visitStatements { statement, _ in
      if !statement.isIdle { statement.visitOwnReads { read($0) } }
    }
    for instance in module.instances { for connection in instance.inputs { read(connection.value) } }
    for derived in module.derivedClocks {
      if derived.isUsed { uses[derived.clock.number] = .all }
      if derived.usesReset { uses[derived.reset.number] = .all }
    }
    for signal in module.signals {
      if case .delay(let source, _, _) = signal.role { read(source) }
    }
  }

  private mutating func mark(_ id: SignalID, _ selector: Selector?, _ bits: Range<Int>) {
    let signal = module[id]
    if case .all = uses[id.number] { return }
    let count = signal.count?.value ?? 1
    var elements = 0..<count
    if case .index(let index)? = selector {
      elements = (index.range.lowerBound..<index.range.upperBound + 1).clamped(to: elements)
    }
    let bits = bits.clamped(to: 0..<signal.width)
    if elements.count == count, bits.count == signal.width {
      uses[id.number] = .all
      return
    }
    var (known, read) = ([Bool](repeating: false, count: signal.width), [Bool](repeating: false, count: count))
    if case .some(let earlierBits, let earlierElements) = uses[id.number] {
      (known, read) = (earlierBits, earlierElements)
    }
    for bit in bits { known[bit] = true }
    for element in elements { read[element] = true }
    uses[id.number] = known.contains(false) || read.contains(false) ? .some(bits: known, elements: read) : .all
  }

  private mutating func read(_ expression: ExpressionNode) {
    var open = [expression]
    while let node = open.popLast() {
      if let (id, selector, bits) = node.signalBits {
        mark(id, selector, bits)
        if let index = selector?.expression { open.append(index) }
        continue
      }
      if case .memoryRead(let id, _) = node.kind { readMemories.insert(id) }
      let operands = node.operands
      guard !operands.isEmpty, seen.insert(ObjectIdentifier(node)).inserted else { continue }
      open += operands
    }
  }

  func diagnostics() -> [Diagnostic] {
    let unread = module.memories.filter { !readMemories.contains($0.id) }
    return signalDiagnostics()
      + unread.map { memory in
        Diagnostic(
          .unused, severity: .warning, "the memory is never read", suggestion: "remove it", location: memory.location,
          path: module.path(of: memory.name, in: memory.scope))
      }
  }

  private func signalDiagnostics() -> [Diagnostic] {
    module.signals.compactMap { signal in
      switch signal.role {
      case .output, .sink: return nil
      case .delay:
        // Its stages read each other; a bit that leaves none of them is read by nobody.
        guard case .some(let bits, _) = uses[signal.id.number], bits.contains(false) else { return nil }
      default: break
      }
      let message: String
      switch uses[signal.id.number] {
      case .all: return nil
      case .none: message = "the signal is never read (mask \(mask(Array(repeating: true, count: signal.width))))"
      case .some(let bits, let elements):
        let (unread, absent) = (bits.map { !$0 }, elements.map { !$0 })
        message =
          absent.contains(true) && !signal.isDelay
          ? "elements \(ranges(absent)) are never read (mask \(mask(absent)))"
          : "bits \(ranges(unread)) are never read (mask \(mask(unread)))"
      }
      return Diagnostic(
        .unused, severity: .warning, message, suggestion: "remove it or state it with m.unused(_:)",
        location: signal.location, path: module.path(signal.id))
    }
  }
}

extension ExpressionNode {
  /// The bits of a signal that the node stands for, when it is no more than that.
  fileprivate var signalBits: (SignalID, Selector?, Range<Int>)? {
    switch kind {
    case .signal(let id, let selector): return (id, selector, 0..<width)
    case .slice(let base, .index(let low)):
      guard case .signal(let id, let selector) = base.kind else { return nil }
      return (id, selector, low.range.lowerBound..<low.range.upperBound + width)
    case .resize(let base) where width < base.width:
      var inner = base
      if case .reinterpret(let next) = inner.kind { inner = next }
      guard case .signal(let id, let selector) = inner.kind else { return nil }
      return (id, selector, 0..<width)
    default: return nil
    }
  }
}
