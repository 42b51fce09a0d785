/// Where in the Swift sources the lines of emitted SystemVerilog come from: the references in its comments.
public struct SourceReferences: Sendable {
  private let lines: [Substring]

  /// - Parameter text: of an emitted module.
  public init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The last reference, such as `Sequencer.swift:120`, at or above the line that declares or assigns a signal.
  ///
  /// - Parameter signal: as emitted; nil when the module has no such name.
  public func reference(of signal: Substring) -> String? {
    var reference: String?
    for line in lines {
      if let found = Self.reference(in: line) { reference = found }
      if !line.drop(while: \.isWhitespace).hasPrefix("//"), reference != nil,
        line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).contains(signal)
      {
        return reference
      }
    }
    return nil
  }

  /// `File.swift:12` in a line that is nothing but that comment.
  private static func reference(in line: Substring) -> String? {
    let text = line.drop(while: \.isWhitespace)
    guard text.hasPrefix("// "), let colon = text.lastIndex(of: ":"), text[..<colon].hasSuffix(".swift"),
      Int(text[text.index(after: colon)...]) != nil
    else { return nil }
    return String(text.dropFirst(3))
  }
}

extension SourceReferences {
  /// The Swift line of a net of a flattened design, by the names of instances on the way to it.
  ///
  /// - Parameters:
  ///   - net: dotted, such as `u_core.u_run_control.state_q[2]`; what tools append to the signal's name is cut off.
  ///   - top: the module at the top.
  ///   - texts: emitted modules by name.
  public static func reference(ofNet net: String, top: String, texts: [String: String]) -> String? {
    var module = top
    for part in net.split(separator: ".").filter({ !$0.hasPrefix("gen_") }) {
      guard let text = texts[module] else { return nil }
      if let child = Self.module(ofInstance: part, in: text) {
        module = child
        continue
      }
      var name = part.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      // Synthesis appends the kind of the cell, and a number, to the name of a net.
      while !name.isEmpty {
        if let found = SourceReferences(text).reference(of: name) { return found }
        guard let cut = name.lastIndex(of: "_") else { return nil }
        name = name[..<cut]
      }
      return nil
    }
    return nil
  }

  /// The module of an instance: the word before its name at the start of a line that opens a list of ports.
  private static func module(ofInstance name: Substring, in text: String) -> String? {
    for line in text.split(separator: "\n") where line.hasSuffix("(") {
      let words = line.split(separator: " ")
      if words.count == 3, words[1] == name { return String(words[0]) }
    }
    return nil
  }
}
