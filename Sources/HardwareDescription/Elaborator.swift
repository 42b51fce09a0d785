/// A hardware module. The conforming type's stored properties are the parameters; the same value always builds the
/// same module.
public protocol HardwareModule {
  /// Name in SystemVerilog, unique for each value of the parameters.
  var moduleName: String { get }
  /// Header comment of the emitted module: what it does, formats, timing.
  var documentation: String { get }
  /// The Swift file the module is written in; the default is the type's name.
  var sourceFile: String { get }
  /// Declares ports and behaviour.
  func build(_ m: ModuleBuilder)
}

extension HardwareModule {
  public var moduleName: String { snakeCase("\(Self.self)".prefix { $0 != "<" }.description) }
  public var documentation: String { "" }
  public var sourceFile: String { "\("\(Self.self)".prefix { $0 != "<" }).swift" }
}

/// The result of elaboration: the design, and everything the passes had to say about it.
public struct Elaboration: Sendable {
  public let design: Design
  public let diagnostics: [Diagnostic]

  public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
}

/// A design that cannot be emitted.
public struct ElaborationError: Error, CustomStringConvertible {
  public let diagnostics: [Diagnostic]
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// Builds a design from its top module and runs the passes over it.
public struct Elaborator {
  /// The passes in order.
  public var passes: [any Pass]

  public init(passes: [any Pass] = Elaborator.standardPasses) {
    self.passes = passes
  }

  public func run(_ top: some HardwareModule) -> Elaboration {
    let context = ElaborationContext()
    context.elaborate(top, path: top.moduleName)
    var design = Design(
      modules: context.definitions, topName: top.moduleName, externals: context.externals.mapValues(\.definition))
    var diagnostics: [Diagnostic] = []
    for pass in passes {
      pass.run(&design, &diagnostics)
      // Later passes look signals up in their module and rely on finding them there.
      if diagnostics.contains(where: { $0.kind == .outOfScope && $0.severity == .error }) { break }
    }
    var seen: Set<Diagnostic> = []
    return Elaboration(design: design, diagnostics: diagnostics.filter { seen.insert($0).inserted })
  }
}

/// Modules elaborated so far, shared by all builders of a run.
final class ElaborationContext {
  private(set) var definitions: [ModuleDefinition] = []
  /// By name.
  var externals: [String: (definition: ModuleDefinition, ports: [ExternalModule.Port])] = [:]
  private var moduleCount = 0
  private var known: [String: (module: any HardwareModule, signature: String, index: Int)] = [:]

  func nextModuleNumber() -> Int {
    moduleCount += 1
    return moduleCount - 1
  }

  @discardableResult
  func elaborate(_ module: some HardwareModule, path: String) -> (definition: ModuleDefinition, clashes: Bool) {
    let name = module.moduleName
    if let entry = known[name] {
      // The description takes long, and most repeated instances are the same value in the same bytes.
      let isSame = haveSameBytes(entry.module, module) || entry.signature == String(reflecting: module)
      return (definitions[entry.index], !isSame)
    }
    let builder = ModuleBuilder(module: module, path: path, context: self)
    module.build(builder)
    let definition = builder.finish()
    known[name] = (module, String(reflecting: module), definitions.count)
    definitions.append(definition)
    return (definition, false)
  }

  /// Whether both are of one type and stored in the same bytes; equal values need not be.
  private func haveSameBytes(_ a: any HardwareModule, _ b: some HardwareModule) -> Bool {
    func bytes<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
    func compare<Module: HardwareModule>(_ a: Module) -> Bool { (b as? Module).map { bytes($0) == bytes(a) } ?? false }
    return compare(a)
  }
}
