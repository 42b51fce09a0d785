import HardwareDescription
import Testing

/// A module that is wrong in one place, and what must be said about it.
struct FailingCase: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: Diagnostic.Kind
  /// Below the module's own path.
  let path: String
  /// The method below which the caret must stand.
  let call: String
  /// The message, where the case is about it.
  let message: String?
  /// Builds the module and returns the line to which the diagnostic must point.
  let build: @Sendable (ModuleBuilder) -> Int

  init(
    _ name: String, _ kind: Diagnostic.Kind, _ path: String, at call: String, message: String? = nil,
    _ build: @escaping @Sendable (ModuleBuilder) -> Int
  ) {
    self.name = name
    self.kind = kind
    self.path = path
    self.call = call
    self.message = message
    self.build = build
  }

  var testDescription: String { name }

  /// Elaborates the module; the line is the one the diagnostic must point to.
  func run() -> (elaboration: Elaboration, line: Int) {
    let box = FailingModule.Box()
    return (Elaborator().run(FailingModule(failing: self, line: box)), box.line)
  }
}

struct FailingModule: HardwareModule, CustomReflectable {
  let failing: FailingCase
  let line: Box
  var moduleName: String { "faulty" }
  var customMirror: Mirror { Mirror(self, children: ["name": failing.name]) }

  final class Box { var line = 0 }

  func build(_ m: ModuleBuilder) { line.line = failing.build(m) }
}

/// Has one input of each kind.
struct Child: HardwareModule {
  var moduleName: String { "child" }

  func build(_ m: ModuleBuilder) {
    let a = m.input("a", Unsigned.self, width: 4)
    let b = m.input("b", Signed.self, width: 4)
    m.output("x", a)
    m.output("y", b)
  }
}

/// Does not say in its name how wide it is.
struct Inner: HardwareModule {
  var width: Int
  var moduleName: String { "inner" }

  func build(_ m: ModuleBuilder) { m.output("y", Unsigned(0, width: width)) }
}

enum Phase: HardwareEnum { case first, second, third }

extension SourceTree {
  /// The package that holds these tests.
  static func ofTests() throws -> SourceTree { try #require(SourceTree(containing: #filePath)) }

  /// The name at the caret: it ends where the argument list opens.
  func callee(at location: HardwareDescription.SourceLocation) throws -> String {
    let text = try #require(line(at: location))
    let name = text.prefix(location.column - 1).reversed().prefix { $0.isLetter || $0 == "_" }
    return String(name.reversed())
  }
}
