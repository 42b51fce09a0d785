import Foundation
import HardwareDescription

/// Writes a harness's properties into the text of its module.
struct HarnessWriter {
  let harness: FormalHarness
  /// Signals of instances that properties name, in order of appearance.
  private var probes: [(path: String, width: Int)] = []

  init(_ harness: FormalHarness) throws(FormalError) {
    self.harness = harness
    for text in harness.declarations { try find(in: text) }
    for property in harness.properties { for text in property.expressions { try find(in: text) } }
  }

  /// The label of a property in the text and in what the solver says.
  static func label(_ number: Int) -> String { "formal_property_\(number)" }

  /// The label of the cover that shows that a property's guard can be 1.
  static func guardLabel(_ number: Int) -> String { "formal_guard_\(number)" }

  /// The files to be read by Yosys.
  func files() -> [(name: String, text: String)] {
    harness.files.map { file in
      (file.name, file.name == "\(harness.name).sv" ? inserted(into: file.text) : file.text)
    }
  }

  private func inserted(into text: String) -> String {
    var text = text[...]
    if let last = text.range(of: "endmodule", options: .backwards) { text = text[..<last.lowerBound] }
    var result = ""
    // Combinational modules have neither clock nor reset, yet rules speak of cycles.
    let opening = "module \(harness.name) (\n"
    if let start = text.range(of: opening) {
      let ports = text[start.upperBound...].prefix { $0 != ";" }
      result += text[..<start.upperBound]
      for port in ["clk_i", "rst_ni"] where !ports.contains(port) { result += "  input  logic \(port),\n" }
      result += text[start.upperBound...]
    } else {
      result += text
    }
    return result + block + "endmodule\n"
  }

  private var block: String {
    var lines = ["", "// Formal harness.", "logic formal_ran = 1'b0;", "logic formal_continues;"]
    lines += ["assign formal_continues = formal_ran && rst_ni;", "always @(posedge clk_i) formal_ran <= rst_ni;"]
    for probe in probes { lines.append("(* hierconn *) wire [\(probe.width - 1):0] \\\(probe.path) ;") }
    for text in harness.declarations {
      lines.append("")
      lines += escaped(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    lines += ["", "always @(posedge clk_i) begin", "  if ($initstate) assume (!rst_ni);"]
    for (number, property) in harness.properties.enumerated() {
      let verb =
        switch property.kind {
        case .assumption: "assume"
        case .assertion: "assert"
        case .cover: "cover"
        }
      let statement = "\(Self.label(number)): \(verb) (\(escaped(property.condition)));"
      lines.append("  // \(property.name)")
      guard let condition = property.guardCondition.map(escaped) else {
        lines.append("  \(statement)")
        continue
      }
      lines.append("  if (\(condition)) begin \(statement) end")
      if property.kind == .assertion { lines.append("  \(Self.guardLabel(number)): cover (\(condition));") }
    }
    lines.append("end")
    return lines.map { $0.isEmpty ? "\n" : "  \($0)\n" }.joined()
  }

  // MARK: Signals of instances

  /// `u_fifo.head_q` as the escaped name that flattening gives it.
  private func escaped(_ text: String) -> String {
    Self.tokens(of: text).map { token in
      probes.contains { $0.path == token } ? "\\\(token) " : String(token)
    }.joined()
  }

  private mutating func find(in text: String) throws(FormalError) {
    for token in Self.tokens(of: text) where token.contains(".") && token.first?.isLetter == true {
      let path = String(token)
      guard !probes.contains(where: { $0.path == path }) else { continue }
      guard let width = width(of: path) else { throw .unknownName(path, module: harness.name) }
      probes.append((path, width))
    }
  }

  private func width(of path: String) -> Int? {
    var module = harness.module
    var parts = path.split(separator: ".").map(String.init)
    let name = parts.removeLast()
    for part in parts {
      guard let instance = module.instances.first(where: { $0.name == part }),
        let inner = harness.design.module(instance.moduleName)
      else { return nil }
      module = inner
    }
    return module.signals.first { $0.emittedName == name && $0.count == nil }?.width
  }

  /// Names with their dots, and everything between them; comments and literals such as `8'd3` stay whole or harmless.
  static func tokens(of text: String) -> [Substring] {
    func belongs(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character == "_" || character == "."
    }
    var tokens: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if !tokens.isEmpty { tokens.append("\n") }
      let code = line.range(of: "//").map { line[..<$0.lowerBound] } ?? line
      var rest = code
      while let first = rest.first {
        let token = rest.prefix { belongs($0) == belongs(first) }
        tokens.append(token)
        rest = rest[token.endIndex...]
      }
      tokens.append(line[code.endIndex...])
    }
    return tokens
  }
}
