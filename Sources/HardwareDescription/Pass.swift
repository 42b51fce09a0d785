/// One step over the elaborated design: a check or a transformation.
public protocol Pass: Sendable {
  var name: String { get }
  /// One line on what the pass does.
  var summary: String { get }
  func run(_ design: inout Design, _ diagnostics: inout [Diagnostic])
}

extension Elaborator {
  /// The visible list of passes, in the order they run.
  public static var standardPasses: [any Pass] {
    [
      ScopeCheck(), ConstructionCheck(), EnumerationTypes(), NameCheck(), WidthCheck(), ConnectionCheck(),
      DriverCheck(), AssignmentCheck(),
      LoopCheck(), CrossingCheck(), UseCheck(), EnumerationChoices(), SliceNaming(),
      DirectConnections(),
    ]
  }
}
