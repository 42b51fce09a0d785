/// A source file could not be understood.
public struct ScanError: Error, Equatable, Sendable, CustomStringConvertible {
  public let file: String
  public let line: Int
  public let reason: String

  public var description: String { "\(file):\(line): \(reason)" }
}

/// What one module declares, and the places in it for faults.
///
/// Understands the subset of SystemVerilog that the hardware description emits: one module a file, declarations,
/// `assign`, `always_comb`, `always_ff`, generate loops and instances.
struct ModuleScan {
  let file: String
  let bytes: [UInt8]
  private(set) var tokens: [Token] = []
  private(set) var name = ""
  /// The token after the port list's `);`.
  private(set) var bodyStart = 0
  private(set) var inputs: Set<String> = []
  private(set) var signals: [Signal] = []
  /// The values of each enumeration.
  private(set) var enumerations: [String: [String]] = [:]
  /// Names of `localparam int`.
  private(set) var constants: Set<String> = []
  private(set) var places: [FaultPlace] = []

  private var at = 0
  private var scope: [String] = []
  private let inputsOfModules: [String: Set<String>]

  /// - Parameter inputs: the input ports of every module that may be instantiated.
  init(file: String, text: String, inputs inputsOfModules: [String: Set<String>]) throws(ScanError) {
    self.file = file
    bytes = Array(text.utf8)
    self.inputsOfModules = inputsOfModules
    var lexer = Lexer(bytes)
    tokens = lexer.tokens()
    try header()
    bodyStart = at
    while word != "endmodule" { try item() }
  }

  /// The name and input ports of a module, without its body.
  static func interface(file: String, text: String) throws(ScanError) -> (name: String, inputs: Set<String>) {
    var scan = ModuleScan(headerOf: file, text)
    try scan.header()
    return (scan.name, scan.inputs)
  }

  private init(headerOf file: String, _ text: String) {
    self.file = file
    bytes = Array(text.utf8)
    inputsOfModules = [:]
    var lexer = Lexer(bytes)
    tokens = lexer.tokens()
  }

  // MARK: Tokens

  private var word: String { at < tokens.count ? tokens[at].text : "" }

  private func error(_ reason: String) -> ScanError {
    ScanError(file: file, line: tokens[min(at, tokens.count - 1)].line, reason: reason)
  }

  private mutating func take(_ expected: String) throws(ScanError) {
    guard word == expected else { throw error("'\(expected)' expected, '\(word)' found") }
    at += 1
  }

  /// Goes to the next token with this text outside of brackets.
  private mutating func find(_ wanted: Set<String>) throws(ScanError) {
    var depth = 0
    while at < tokens.count {
      if depth == 0, wanted.contains(word) { return }
      switch word {
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      default: break
      }
      at += 1
    }
    throw error("the file ends before '\(wanted.sorted().joined(separator: "' or '"))'")
  }

  /// Behind a parenthesis that is open here; the tokens between.
  private mutating func parenthesised() throws(ScanError) -> Range<Int> {
    try take("(")
    let start = at
    try find([")"])
    at += 1
    return start..<at - 1
  }

  // MARK: Declarations

  private mutating func header() throws(ScanError) {
    while at < tokens.count, word != "module" { at += 1 }
    try take("module")
    name = word
    at += 1
    try take("(")
    while word != ")" {
      let isInput = word == "input"
      at += 1
      let before = signals.count
      if word == "logic" { at += 1 }
      try declarators(type: try type(), until: [",", ")"])
      if isInput { inputs.formUnion(signals[before...].map(\.name)) }
      if word == "," { at += 1 }
    }
    try take(")")
    try take(";")
  }

  /// Sign and ranges before a name.
  private mutating func type() throws(ScanError) -> String {
    var text = ""
    if word == "signed" {
      text = "signed "
      at += 1
    }
    while word == "[" {
      while word != "]" {
        text += word
        at += 1
      }
      text += "]"
      at += 1
    }
    return text
  }

  /// Names with or without unpacked ranges, up to one of `ends`; a comma goes on when it is not among them.
  private mutating func declarators(type: String, until ends: Set<String>) throws(ScanError) {
    while true {
      guard tokens[at].kind == .identifier else { throw error("a name expected, '\(word)' found") }
      let (name, token) = (word, at)
      at += 1
      var isPlain = true
      while word == "[" {
        isPlain = false
        at += 1
        try find(["]"])
        at += 1
      }
      if word == "=" { try find([",", ";"]) }
      signals.append(Signal(name: name, type: type, isPlain: isPlain, scope: scope, token: token))
      if ends.contains(word) { return }
      try take(",")
    }
  }

  private mutating func enumeration() throws(ScanError) {
    try find(["{"])
    at += 1
    var values: [String] = []
    while word != "}" {
      values.append(word)
      try find([",", "}"])
      if word == "," { at += 1 }
    }
    at += 1
    enumerations[word] = values
    at += 1
    try take(";")
  }

  // MARK: Items of a module

  private mutating func item() throws(ScanError) {
    switch word {
    case "": throw error("the file ends within the module")
    case "logic":
      at += 1
      try declarators(type: try type(), until: [";"])
      at += 1
    case "localparam":
      let isNumber = tokens[at + 1].text == "int"
      if isNumber { constants.insert(tokens[at + 2].text) }
      try find([";"])
      at += 1
    case "typedef": try enumeration()
    case "genvar", "import":
      try find([";"])
      at += 1
    case "assign": try assignment(.assign)
    case "always_comb":
      at += 1
      try statement(isReset: false, inCase: false)
    case "always_ff":
      at += 1
      try take("@")
      _ = try parenthesised()
      try statement(isReset: false, inCase: false)
    case "for", "if":
      at += 1
      _ = try parenthesised()
      try generateBlock()
    case "else":
      at += 1
      try generateBlock()
    default:
      if enumerations[word] != nil {
        let type = word
        at += 1
        try declarators(type: type, until: [";"])
        at += 1
      } else {
        try instance()
      }
    }
  }

  private mutating func generateBlock() throws(ScanError) {
    if word == "if" { return }
    try take("begin")
    var name = ""
    if word == ":" {
      at += 1
      name = word
      at += 1
    }
    // Two blocks may have one name in different places.
    scope.append("\(name)@\(at)")
    while word != "end" { try item() }
    at += 1
    scope.removeLast()
  }

  private mutating func instance() throws(ScanError) {
    let inputs = inputsOfModules[word] ?? []
    at += 1
    if word == "#" {
      at += 1
      _ = try parenthesised()
    }
    at += 1
    try take("(")
    while word != ")" {
      try take(".")
      let (port, start) = (word, at - 1)
      at += 1
      if word == "(" {
        let value = try parenthesised()
        if inputs.contains(port), !value.isEmpty { add(.connection, value, value) }
      } else if inputs.contains(port) {
        add(.implicitConnection, start..<at, at - 1..<at)
      }
      if word == "," { at += 1 }
    }
    try take(")")
    try take(";")
  }

  // MARK: Statements

  private mutating func statement(isReset: Bool, inCase: Bool) throws(ScanError) {
    switch word {
    case ";": at += 1
    case "begin":
      at += 1
      if word == ":" { at += 2 }
      while word != "end" {
        guard !word.isEmpty else { throw error("the file ends within a block") }
        try statement(isReset: isReset, inCase: inCase)
      }
      at += 1
    case "if":
      at += 1
      let condition = try parenthesised()
      let isPin = tokens[condition].map(\.text) == ["!", "rst_ni"]
      if !isPin { add(.condition, condition, condition) }
      try statement(isReset: isPin, inCase: inCase)
      if word == "else" {
        at += 1
        try statement(isReset: isReset, inCase: inCase)
      }
    case "unique", "priority":
      at += 1
      try statement(isReset: isReset, inCase: inCase)
    case "case":
      at += 1
      let selector = try parenthesised()
      add(.selector, selector, selector)
      while word != "endcase" {
        try find([":"])
        at += 1
        try statement(isReset: isReset, inCase: true)
      }
      at += 1
    case "for":
      at += 1
      _ = try parenthesised()
      try statement(isReset: isReset, inCase: inCase)
    default: try assignment(nil, inCase: inCase)
    }
  }

  private mutating func assignment(_ form: FaultPlace.Form?, inCase: Bool = false) throws(ScanError) {
    let start = at
    if form == .assign { at += 1 }
    let target = word
    try find(["=", "<="])
    let isNonblocking = word == "<="
    at += 1
    let value = at
    try find([";"])
    let end = at
    at += 1
    // Sinks of bits that nothing reads.
    guard !target.hasPrefix("unused_") else { return }
    let isRow = inCase && end == value + 1 && tokens[value].kind == .number
    add(
      form ?? (isNonblocking ? .nonblocking : .blocking), start..<at, value..<end, target: target, isTableRow: isRow)
  }

  private mutating func add(
    _ form: FaultPlace.Form, _ range: Range<Int>, _ value: Range<Int>, target: String? = nil, isTableRow: Bool = false
  ) {
    places.append(
      FaultPlace(form: form, tokens: range, value: value, target: target, scope: scope, isTableRow: isTableRow))
  }

  // MARK: Text

  /// The source between the first and the last of these tokens.
  func text(_ range: Range<Int>) -> String {
    guard let first = range.first, let last = range.last else { return "" }
    return String(decoding: bytes[tokens[first].range.lowerBound..<tokens[last].range.upperBound], as: UTF8.self)
  }
}
