import Foundation

/// A fenced block of a documentation page.
struct CodeBlock: CustomStringConvertible {
  /// From the repository's root.
  let page: String
  /// Of the opening fence, from 1.
  let line: Int
  let language: String
  /// Without the fences.
  let text: String
  /// What the comment above the block says it is: `<!-- snippet: name -->` gives ("snippet", "name").
  let source: (kind: String, name: String)?

  var description: String { "\(page):\(line)" }
}

/// The pages of the documentation catalogues.
enum Pages {
  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("../../..").standardizedFileURL

  /// All pages below `Sources`, from the repository's root.
  static func paths() -> [String] {
    let enumerator = FileManager.default.enumerator(atPath: root.appendingPathComponent("Sources").path)
    let files = (enumerator?.allObjects as? [String]) ?? []
    return files.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.map { "Sources/\($0)" }.sorted()
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func blocks(of path: String) throws -> [CodeBlock] {
    var blocks: [CodeBlock] = []
    var open: (line: Int, language: String, body: [String])?
    var comment: (String, String)?
    for (number, line) in try text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let block = open {
        if line == "```" {
          let text = block.body.map { $0 + "\n" }.joined()
          blocks.append(
            CodeBlock(page: path, line: block.line, language: block.language, text: text, source: comment))
          (open, comment) = (nil, nil)
        } else {
          open?.body.append(String(line))
        }
      } else if line.hasPrefix("```") {
        open = (number + 1, String(line.dropFirst(3)), [])
      } else if line.hasPrefix("<!--"), line.hasSuffix("-->"), let colon = line.firstIndex(of: ":") {
        let kind = line[..<colon].dropFirst(4).trimmingCharacters(in: .whitespaces)
        let name = line[colon...].dropFirst().dropLast(3).trimmingCharacters(in: .whitespaces)
        comment = (kind, name)
      } else if !line.isEmpty {
        comment = nil
      }
    }
    return blocks
  }

  /// The page with the body of each block replaced by what `body` gives; nil keeps it.
  static func rewrite(_ path: String, _ body: (CodeBlock) -> String?) throws {
    var lines = try text(path).components(separatedBy: "\n")
    for block in try blocks(of: path).reversed() {
      guard let new = body(block) else { continue }
      let length = block.text.components(separatedBy: "\n").count - 1
      lines.replaceSubrange(block.line..<block.line + length, with: new.components(separatedBy: "\n").dropLast())
    }
    let url = root.appendingPathComponent(path)
    try lines.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
  }
}

/// The marked regions of the compiled sources: `// snippet: name` to `// snippet.end`, without their indentation.
enum Snippets {
  static func all() throws -> [String: String] {
    var snippets: [String: String] = [:]
    let directory = Pages.root.appendingPathComponent("Tests/DocumentationTests/Snippets")
    for file in try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() {
      let text = try String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)
      var open: (name: String, lines: [Substring])?
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        let code = line.drop { $0 == " " }
        if code.hasPrefix("// snippet: ") {
          open = (String(code.dropFirst(12)), [])
        } else if code == "// snippet.end", let region = open {
          precondition(snippets[region.name] == nil, "two snippets are called \(region.name)")
          snippets[region.name] = outdented(region.lines)
          open = nil
        } else {
          open?.lines.append(line)
        }
      }
    }
    return snippets
  }

  private static func outdented(_ lines: [Substring]) -> String {
    let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return lines.map { $0.dropFirst(min(margin, $0.count)) + "\n" }.joined()
  }
}
