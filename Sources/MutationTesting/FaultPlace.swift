/// A stretch of a source file in which a fault can be planted: an assignment, a condition or a connection.
struct FaultPlace: Hashable {
  enum Form: Hashable {
    /// `assign target = value;`
    case assign
    /// `target = value;`
    case blocking
    /// `target <= value;`
    case nonblocking
    /// The condition of an `if`, without parentheses.
    case condition
    /// What a `case` looks at, without parentheses.
    case selector
    /// The expression on an input of an instance, without parentheses.
    case connection
    /// An input connected by its name alone: `.valid_i`.
    case implicitConnection
  }

  let form: Form
  /// Tokens of all of it, of an assignment with its semicolon.
  let tokens: Range<Int>
  /// Tokens of the value; all of it when there is no target.
  let value: Range<Int>
  /// The first name of the target.
  let target: String?
  /// Names of the generate blocks around it.
  let scope: [String]
  /// A row of a table: an assignment of a literal in a `case`.
  let isTableRow: Bool
}

/// A name that expressions can read.
struct Signal: Hashable {
  let name: String
  /// Sign and range as written, or the name of an enumeration.
  let type: String
  /// False for arrays.
  let isPlain: Bool
  let scope: [String]
  /// The token at which it is declared.
  let token: Int
}
