/// The values of the top module's signals in each cycle of a trace that yosys-smtbmc wrote (VCD).
struct ValueDump {
  private(set) var cycles = 0
  /// In order of declaration; a value for each cycle, in binary.
  private(set) var signals: [(name: String, values: [String])] = []

  init(_ text: String) {
    var numbers: [Substring: Int] = [:]
    var depth = 0
    var current: [String] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      switch words.first {
      case "$scope": depth += 1
      case "$upscope": depth -= 1
      case "$var" where depth == 1 && words.count >= 5 && words[1] == "wire":
        numbers[words[3]] = signals.count
        signals.append((String(words[4]), []))
        current.append("x")
      case "1!":
        // A cycle begins; what the one before held is complete.
        if cycles > 0 { close(current) }
        cycles += 1
      default:
        guard let first = words.first, first.first == "b", words.count == 2, let number = numbers[words[1]] else {
          continue
        }
        // The clock falls in the middle of a cycle; everything else stands.
        current[number] = String(first.dropFirst())
      }
    }
    // The last mark only ends the trace.
    if cycles > 0 { cycles -= 1 }
  }

  private mutating func close(_ values: [String]) {
    for number in signals.indices { signals[number].values.append(values[number]) }
  }

  /// A row a signal, a column a cycle, in hexadecimal: those named first, then registers, then what the harness declares.
  ///
  /// Signals that stay the same follow on one line, those that stay 0 are left out, and so is everything but the last
  /// `columns` cycles.
  func table(first: [String], columns: Int = 12) -> String {
    func rank(_ name: String) -> Int? {
      if ["clk_i", "formal_ran", "formal_continues"].contains(name) || name.contains("$") { return nil }
      if let place = first.firstIndex(of: name) { return place }
      if name.hasPrefix("formal_") { return first.count + 1 }
      return name.hasSuffix("_q") ? first.count : nil
    }
    let start = max(0, cycles - columns)
    let chosen = signals.enumerated()
      .compactMap { number, signal in rank(signal.name).map { (rank: $0, number: number, signal: signal) } }
      .sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
      .map { (name: $0.signal.name, values: $0.signal.values.dropFirst(start).map(Self.hexadecimal)) }
    let moving = chosen.filter { Set($0.values).count > 1 }
    let still = chosen.filter { Set($0.values).count == 1 && $0.values.first != "0" }
    let rows = [(name: "cycle", values: (start..<cycles).map(String.init))] + moving
    let nameWidth = rows.map(\.name.count).max() ?? 0
    let width = rows.flatMap(\.values).map(\.count).max() ?? 1
    var text = rows.map { name, values in
      let cells = values.map { String(repeating: " ", count: width - $0.count) + $0 }
      return "  \(name)\(String(repeating: " ", count: nameWidth - name.count))  \(cells.joined(separator: " "))\n"
    }.joined()
    if !still.isEmpty {
      text += "  unchanged: \(still.map { "\($0.name) = \($0.values.first ?? "")" }.joined(separator: ", "))\n"
    }
    return text
  }

  private static func hexadecimal(_ bits: String) -> String {
    guard bits.allSatisfy({ $0 == "0" || $0 == "1" }) else { return "x" }
    var digits = ""
    var rest = bits[...]
    while !rest.isEmpty {
      digits = String(Int(rest.suffix(4), radix: 2) ?? 0, radix: 16) + digits
      rest = rest.dropLast(4)
    }
    let short = digits.drop { $0 == "0" }
    return short.isEmpty ? "0" : String(short)
  }
}
