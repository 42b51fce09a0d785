/// What kind of mistake a fault is.
public enum FaultKind: String, Codable, CaseIterable, Hashable, Sendable {
  /// One operator for another, or left out.
  case `operator`
  /// The two values of a choice exchanged.
  case choice
  /// A literal or named constant that is off by one or has a bit flipped.
  case constant
  /// Another signal of the same width and sign.
  case connection
  /// A condition that always holds or is the other way round.
  case condition
  /// An assignment to a register that is not there.
  case dropped
}

/// A change of some tokens of a place.
struct FaultChange: Hashable {
  let kind: FaultKind
  let tokens: Range<Int>
  let replacement: String
}

extension ModuleScan {
  private static let others: [String: [String]] = [
    "+": ["-"], "-": ["+"], "&": ["|", "^"], "|": ["&", "^"], "^": ["&", "|"], "&&": ["||"], "||": ["&&"],
    "==": ["!="], "!=": ["=="], "<": ["<=", ">", ">="], "<=": ["<", ">=", ">"], ">": [">=", "<", "<="],
    ">=": [">", "<=", "<"], "<<": [">>"], ">>": ["<<", ">>>"], ">>>": [">>", "<<<"], "<<<": [">>>"], "*": ["+"],
  ]

  /// Every change of a place that this knows.
  func changes(_ place: FaultPlace) -> [FaultChange] {
    var result: [FaultChange] = []
    if place.form == .condition {
      result.append(FaultChange(kind: .condition, tokens: place.tokens, replacement: "1'b1"))
      result.append(FaultChange(kind: .condition, tokens: place.tokens, replacement: "!(\(text(place.tokens)))"))
    }
    if place.form == .nonblocking {
      result.append(FaultChange(kind: .dropped, tokens: place.tokens, replacement: ";"))
    }
    for index in place.value {
      switch tokens[index].kind {
      case .symbol: result += operatorChanges(index, place)
      case .number: result += constantChanges(index, place)
      case .identifier: result += nameChanges(index, place)
      }
    }
    return result
  }

  private func isOperand(_ index: Int, _ place: FaultPlace) -> Bool {
    guard place.value.contains(index) else { return false }
    return tokens[index].kind != .symbol || [")", "]", "}"].contains(tokens[index].text)
  }

  /// The brackets around a token within the place: the opening token of each, outermost first.
  private func brackets(_ index: Int, _ place: FaultPlace) -> [Int] {
    var open: [Int] = []
    for token in place.value.lowerBound..<index {
      switch tokens[token].text {
      case "(", "[", "{": open.append(token)
      case ")", "]", "}": _ = open.popLast()
      default: break
      }
    }
    return open
  }

  /// Where the bracket that opens here closes.
  private func closing(_ open: Int, _ place: FaultPlace) -> Int {
    var depth = 0
    for index in open..<place.value.upperBound {
      switch tokens[index].text {
      case "(", "[", "{": depth += 1
      case ")", "]", "}":
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
    }
    return place.value.upperBound
  }

  /// Whether a token is part of a range of bits, whose change would change a width.
  private func isInRange(_ index: Int, _ place: FaultPlace) -> Bool {
    brackets(index, place).contains { open in
      guard tokens[open].text == "[" else { return false }
      return tokens[open..<closing(open, place)].contains { [":", "+:", "-:"].contains($0.text) }
    }
  }

  private func operatorChanges(_ index: Int, _ place: FaultPlace) -> [FaultChange] {
    let symbol = tokens[index].text
    func change(_ kind: FaultKind, _ range: Range<Int>, _ text: String) -> FaultChange {
      FaultChange(kind: kind, tokens: range, replacement: text)
    }
    guard !isInRange(index, place) else { return [] }
    if symbol == "?" { return swapped(index, place).map { [$0] } ?? [] }
    if isOperand(index - 1, place) {
      return (Self.others[symbol] ?? []).map { change(.operator, index..<index + 1, $0) }
    }
    switch symbol {
    case "!", "~", "-": return [change(.operator, index..<index + 1, "")]
    case "&": return [change(.operator, index..<index + 1, "|")]
    case "|": return [change(.operator, index..<index + 1, "&")]
    case "^": return [change(.operator, index..<index + 1, "|")]
    default: return []
    }
  }

  /// `a : b` after the question mark as `b : a`.
  private func swapped(_ question: Int, _ place: FaultPlace) -> FaultChange? {
    var (depth, nested, colon) = (0, 0, -1)
    var end = place.value.upperBound
    scan: for index in question + 1..<place.value.upperBound {
      switch tokens[index].text {
      case "(", "[", "{": depth += 1
      case ")", "]", "}":
        depth -= 1
        if depth < 0 {
          end = index
          break scan
        }
      case "," where depth == 0:
        end = index
        break scan
      case "?" where depth == 0: nested += 1
      case ":" where depth == 0:
        if nested > 0 {
          nested -= 1
        } else if colon < 0 {
          colon = index
        } else {
          // The colon of a choice in whose first value this one stands.
          end = index
          break scan
        }
      default: break
      }
    }
    guard colon > question + 1, colon + 1 < end else { return nil }
    let (first, second) = (text(question + 1..<colon), text(colon + 1..<end))
    guard first != second else { return nil }
    return FaultChange(kind: .choice, tokens: question + 1..<end, replacement: "(\(second)) : (\(first))")
  }

  private func constantChanges(_ index: Int, _ place: FaultPlace) -> [FaultChange] {
    let text = tokens[index].text
    let next = index + 1 < tokens.count ? tokens[index + 1].text : ""
    // Sizes of casts and counts of repetitions decide widths.
    guard next != "'", next != "{", !isInRange(index, place) else { return [] }
    func change(_ text: String) -> FaultChange {
      FaultChange(kind: .constant, tokens: index..<index + 1, replacement: text)
    }
    if text == "'0" { return [change("1'b1")] }
    if text == "'1" { return [change("'0")] }
    guard let literal = Literal(text) else { return [] }
    return literal.neighbours.map { change($0) }
  }

  private func nameChanges(_ index: Int, _ place: FaultPlace) -> [FaultChange] {
    let name = tokens[index].text
    guard !isInRange(index, place) else { return [] }
    if constants.contains(name) {
      guard tokens[index + 1].text != "'" else { return [] }
      return ["+", "-"].map {
        FaultChange(kind: .constant, tokens: index..<index + 1, replacement: "(\(name) \($0) 1)")
      }
    }
    let replacements: [String]
    let kind: FaultKind
    if let values = enumerations.values.first(where: { $0.contains(name) }) {
      kind = .constant
      replacements = values.filter { $0 != name }
    } else if let signal = visible(name, place), index == place.value.lowerBound || tokens[index - 1].text != "." {
      kind = .connection
      replacements = signals.filter { other in
        other.name != name && other.name != place.target && other.isPlain == signal.isPlain && signal.isPlain
          && other.type == signal.type && other.token < place.tokens.lowerBound && isVisible(other, place)
          && !["clk_i", "rst_ni"].contains(other.name) && !other.name.hasPrefix("unused_")
      }.map(\.name)
    } else {
      return []
    }
    guard !["clk_i", "rst_ni"].contains(name) else { return [] }
    return replacements.map { FaultChange(kind: kind, tokens: index..<index + 1, replacement: $0) }
  }

  private func isVisible(_ signal: Signal, _ place: FaultPlace) -> Bool { place.scope.starts(with: signal.scope) }

  private func visible(_ name: String, _ place: FaultPlace) -> Signal? {
    signals.last { $0.name == name && isVisible($0, place) }
  }
}

/// A literal of emitted SystemVerilog.
struct Literal {
  private let prefix: String
  private let digits: String
  private let base: Int
  private let width: Int?

  init?(_ text: String) {
    guard let quote = text.firstIndex(of: "'") else {
      guard Int(text) != nil else { return nil }
      (prefix, digits, base, width) = ("", text, 10, nil)
      return
    }
    var rest = text[text.index(after: quote)...]
    if let sign = rest.first, sign == "s" || sign == "S" { rest = rest.dropFirst() }
    let bases: [Character: Int] = ["d": 10, "h": 16, "b": 2, "o": 8]
    guard let letter = rest.first, let base = bases[Character(letter.lowercased())], let width = Int(text[..<quote])
    else {
      return nil
    }
    digits = rest.dropFirst().filter { $0 != "_" }
    prefix = String(text[..<text.index(after: rest.startIndex)])
    self.base = base
    self.width = width
  }

  /// One more, one less, and each bit flipped; within the width.
  var neighbours: [String] {
    guard let value = UInt64(digits, radix: base) else { return [] }
    let bits = min(width ?? 0, 63)
    var values: [UInt64] = []
    if let width {
      let limit: UInt64 = width >= 64 ? .max : (1 << UInt64(width)) - 1
      values = [(value &+ 1) & limit, (value &- 1) & limit] + (0..<bits).map { value ^ (1 << UInt64($0)) }
    } else {
      values = [value + 1] + (value > 0 ? [value - 1] : [])
    }
    var seen: Set<UInt64> = [value]
    return values.filter { seen.insert($0).inserted }.map { prefix + String($0, radix: base) }
  }
}
