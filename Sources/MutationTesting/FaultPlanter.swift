import SeededRandom

/// A single fault in a design.
public struct Fault: Codable, Hashable, Sendable {
  /// From 1, in the order drawn.
  public var number: Int
  public var kind: FaultKind
  public var module: String
  /// Name of the source file.
  public var file: String
  /// From 1, in the source without faults.
  public var line: Int
  /// The statement, condition or connection, on one line.
  public var before: String
  public var after: String

  let scan: Int
  let place: Int

  enum CodingKeys: String, CodingKey { case number, kind, module, file, line, before, after, scan, place }
}

/// Draws faults in emitted SystemVerilog and writes the design with them.
///
/// Faults can be planted together, each asleep until it is chosen by its number when the model starts: so one build
/// serves many. Or one is planted alone, as plain text.
public struct FaultPlanter: Sendable {
  /// The environment variable with the number of the fault that is awake; none when it is absent or 0.
  public static let selector = "SETUN_FAULT"
  /// Statements that a whole table of literals counts for when places are drawn.
  static let tableWeight = 6

  private let files: [(name: String, text: String)]
  private let scans: [ModuleScan]
  private let weighted: [(scan: Int, places: [Int], weight: Int)]
  private var random: SeededGenerator
  private var known: Set<String> = []
  private var drawn = 0

  /// - Parameter files: every module of the design, one a file.
  public init(files: [(name: String, text: String)], seed: UInt64) throws(ScanError) {
    self.files = files
    var inputs: [String: Set<String>] = [:]
    for file in files {
      let interface = try ModuleScan.interface(file: file.name, text: file.text)
      inputs[interface.name] = interface.inputs
    }
    var scans: [ModuleScan] = []
    for file in files { scans.append(try ModuleScan(file: file.name, text: file.text, inputs: inputs)) }
    self.scans = scans
    weighted = scans.enumerated().flatMap { number, scan in
      let isTable = scan.places.count(where: \.isTableRow) > 64
      let rows = scan.places.indices.filter { isTable && scan.places[$0].isTableRow }
      let others = scan.places.indices.filter { !isTable || !scan.places[$0].isTableRow }
      return [(number, others, others.count), (number, rows, min(rows.count, Self.tableWeight))].filter { $0.2 > 0 }
    }
    random = SeededGenerator(seed: seed)
  }

  /// How many places there are.
  public var placeCount: Int { scans.reduce(0) { $0 + $1.places.count } }

  /// The next fault of the seed; each is drawn once.
  public mutating func next() -> Fault? {
    let total = weighted.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return nil }
    for _ in 0..<1000 {
      var choice = Int.random(in: 0..<total, using: &random)
      guard
        let group = weighted.first(where: { group in
          choice -= group.weight
          return choice < 0
        }), let index = group.places.randomElement(using: &random)
      else { continue }
      let scan = scans[group.scan]
      let place = scan.places[index]
      let changes = scan.changes(place)
      let kinds = FaultKind.allCases.filter { kind in changes.contains { $0.kind == kind } }
      guard let kind = kinds.randomElement(using: &random),
        let change = changes.filter({ $0.kind == kind }).randomElement(using: &random)
      else { continue }
      let after = scan.changed(place, change)
      guard known.insert("\(group.scan) \(index) \(after)").inserted else { continue }
      drawn += 1
      return Fault(
        number: drawn, kind: kind, module: scan.name, file: scan.file,
        line: scan.tokens[change.tokens.first ?? place.tokens.lowerBound].line,
        before: oneLine(scan.text(place.tokens)), after: oneLine(after), scan: group.scan, place: index)
    }
    return nil
  }

  /// Whether the design has a place that reads like `before` and can be changed to `after`, both on one line.
  public func canDraw(module: String, before: String, after: String) -> Bool {
    scans.contains { scan in
      scan.name == module
        && scan.places.contains { place in
          oneLine(scan.text(place.tokens)) == before
            && scan.changes(place).contains { oneLine(scan.changed(place, $0)) == after }
        }
    }
  }

  /// Text without line breaks and runs of spaces.
  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The design with this fault and nothing else changed.
  public func text(with fault: Fault) -> [(name: String, text: String)] {
    files.enumerated().map { number, file in
      guard number == fault.scan else { return file }
      let scan = scans[number]
      let place = scan.places[fault.place]
      let bytes = scan.bytes
      let range = scan.byteRange(place.tokens)
      return (
        file.name,
        String(decoding: bytes[..<range.lowerBound], as: UTF8.self) + fault.after
          + String(decoding: bytes[range.upperBound...], as: UTF8.self)
      )
    }
  }

  /// The design with all these faults asleep.
  public func design(with faults: [Fault]) -> PlantedDesign {
    var result: [(name: String, text: String)] = []
    var lines: [String: [Int: Int]] = [:]
    for (number, file) in files.enumerated() {
      let here = faults.filter { $0.scan == number }
      guard !here.isEmpty else {
        result.append(file)
        continue
      }
      var planted = PlantedText(scan: scans[number])
      planted.write(here)
      result.append((file.name, planted.text))
      lines[file.name] = planted.faultOfLine
    }
    return PlantedDesign(files: result, faultOfLine: lines)
  }
}

/// A design in which faults are asleep.
public struct PlantedDesign: Sendable {
  public let files: [(name: String, text: String)]
  let faultOfLine: [String: [Int: Int]]

  /// The numbers of the faults that a tool's messages of errors name by file and line.
  public func faults(namedIn log: String) -> Set<Int> {
    var result: Set<Int> = []
    for line in log.split(separator: "\n") where line.hasPrefix("%Error") {
      for word in line.split(separator: " ") {
        let parts = word.split(separator: ":")
        guard parts.count >= 2, let number = Int(parts[1]), let file = parts[0].split(separator: "/").last,
          let fault = faultOfLine[String(file)]?[number]
        else { continue }
        result.insert(fault)
      }
    }
    return result
  }
}

/// Writes a module with faults that are asleep.
private struct PlantedText {
  let scan: ModuleScan
  private(set) var text = ""
  private(set) var faultOfLine: [Int: Int] = [:]
  private var line = 1

  init(scan: ModuleScan) { self.scan = scan }

  private mutating func append(_ piece: String, fault: Int? = nil) {
    let first = line
    text += piece
    line += piece.utf8.count { $0 == UInt8(ascii: "\n") }
    if let fault { for number in first...line { faultOfLine[number] = fault } }
  }

  mutating func write(_ faults: [Fault]) {
    let bytes = scan.bytes
    let body = scan.tokens[scan.bodyStart - 1].range.upperBound
    append(String(decoding: bytes[..<body], as: UTF8.self))
    append(
      "\n  int planted_fault;\n  initial planted_fault = $c(\"([]{ const char* n = getenv(\\\"\(FaultPlanter.selector)\\\"); return n ? atoi(n) : 0; })()\");\n"
    )
    var from = body
    for index in Set(faults.map(\.place)).sorted(by: { scan.start($0) < scan.start($1) }) {
      let place = scan.places[index]
      let range = scan.byteRange(place.tokens)
      append(String(decoding: bytes[from..<range.lowerBound], as: UTF8.self))
      write(place, faults.filter { $0.place == index })
      from = range.upperBound
    }
    append(String(decoding: bytes[from...], as: UTF8.self))
  }

  private mutating func write(_ place: FaultPlace, _ faults: [Fault]) {
    let original = scan.text(place.tokens)
    switch place.form {
    case .assign, .blocking, .nonblocking:
      // An `assign` becomes a process, in which a choice has no influence on widths.
      func body(_ text: String) -> String { place.form == .assign ? String(text.dropFirst("assign".count)) : text }
      append(place.form == .assign ? "always_comb begin\n" : "begin\n")
      for fault in faults {
        append("if (planted_fault == \(fault.number))\n")
        append(body(fault.after), fault: fault.number)
        append("\nelse\n")
      }
      append(body(original) + "\nend")
    case .condition, .selector, .connection:
      for fault in faults {
        append("(planted_fault == \(fault.number)) ?\n")
        append("(\(fault.after))", fault: fault.number)
        append("\n: ")
      }
      append("(\(original))")
    case .implicitConnection:
      let port = original.dropFirst()
      append(".\(port) (")
      for fault in faults {
        append("(planted_fault == \(fault.number)) ?\n")
        append("\(FaultPlace.connected(fault.after))", fault: fault.number)
        append("\n: ")
      }
      append("\(port))")
    }
  }
}

extension FaultPlace {
  /// The expression of `.port (expression)`.
  static func connected(_ text: String) -> Substring {
    text.drop { $0 != "(" }
  }
}

extension ModuleScan {
  /// The byte at which a place starts.
  func start(_ place: Int) -> Int { tokens[places[place].tokens.lowerBound].range.lowerBound }

  func byteRange(_ range: Range<Int>) -> Range<Int> {
    tokens[range.lowerBound].range.lowerBound..<tokens[range.upperBound - 1].range.upperBound
  }

  /// A place's text with a change.
  func changed(_ place: FaultPlace, _ change: FaultChange) -> String {
    if place.form == .implicitConnection { return "\(text(place.tokens)) (\(change.replacement))" }
    let (all, part) = (byteRange(place.tokens), byteRange(change.tokens))
    return String(decoding: bytes[all.lowerBound..<part.lowerBound], as: UTF8.self) + change.replacement
      + String(decoding: bytes[part.upperBound..<all.upperBound], as: UTF8.self)
  }
}
