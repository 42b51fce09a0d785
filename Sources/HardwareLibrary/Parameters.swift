import HardwareDescription

extension ModuleBuilder {
  /// Whether a module's parameter lies in `range`; reports it if not.
  func accepts(
    _ value: Int, in range: PartialRangeFrom<Int>, named name: String, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bool {
    if range.contains(value) { return true }
    report(
      .invalidExpression, "the parameter `\(name)` is \(value)", suggestion: "use \(range.lowerBound) or more",
      name: name, SourceLocation(file, line, column))
    return false
  }
}

/// The number after `value` in a count from 0 to `count - 1` that starts again.
func following(_ value: Unsigned, below count: Int) -> Unsigned {
  if count == 1 { return Unsigned(0, width: value.width) }
  if count == 1 << value.width { return value &+ 1 }
  return (value == Unsigned(count - 1, width: value.width)).select(Unsigned(0, width: value.width), value &+ 1)
}
