import Foundation
import Testing

/// Every block of code on a page is a compiled source, an output of one, or a file of the repository.
///
/// The line above a block says which: `<!-- snippet: NAME -->` a region of `Snippets/*.swift`, `<!-- output: NAME -->` an entry
/// of `Outputs`, `<!-- file: PATH -->` a committed file. `RECORD=1 swift test --filter PageTests` writes the blocks anew, and
/// fails, so that nobody records by mistake.
@Suite(.serialized) struct PageTests {
  /// Pages that are made from sources by another suite, which holds them to it.
  static let made = [
    "Sources/HardwareDescription/HardwareDescription.docc/Diagnostics.md":
      "Tests/HardwareDescriptionTests/GlossaryTests.swift"
  ]
  /// Commands to type, and layouts; nothing computes them.
  static let free = ["", "sh"]

  static func blocks() throws -> [CodeBlock] {
    try Pages.paths().filter { made[$0] == nil }.flatMap(Pages.blocks)
  }

  /// What a block must be; nil when its source does not exist.
  static func source(of block: CodeBlock, _ snippets: [String: String], _ outputs: [String: String]) -> String? {
    guard let (kind, name) = block.source else { return nil }
    switch kind {
    case "snippet": return snippets[name]
    case "output": return outputs[name]
    case "file": return try? Pages.text(name)
    default: return nil
    }
  }

  @Test func everyBlockIsWhatItsSourceSays() throws {
    let (snippets, outputs) = (try Snippets.all(), try Outputs.all())
    if ProcessInfo.processInfo.environment["RECORD"] != nil {
      for page in Pages.paths() where Self.made[page] == nil {
        try Pages.rewrite(page) { Self.source(of: $0, snippets, outputs) }
      }
      Issue.record("the pages were written anew; read what changed, and run again without RECORD")
      return
    }
    let blocks = try Self.blocks()
    #expect(blocks.count > 30)
    for block in blocks where !Self.free.contains(block.language) {
      let source = Self.source(of: block, snippets, outputs)
      #expect(source != nil, "\(block) has no source; name one in a comment above it")
      #expect(block.text == source, "\(block) is not its source; RECORD=1 writes it anew")
    }
  }

  @Test func everySnippetAndOutputIsShown() throws {
    let shown = Set(try Self.blocks().compactMap { $0.source.map { "\($0.kind) \($0.name)" } })
    for name in try Snippets.all().keys { #expect(shown.contains("snippet \(name)"), "\(name) is on no page") }
    for name in try Outputs.all().keys { #expect(shown.contains("output \(name)"), "\(name) is on no page") }
  }

  @Test func thePagesThatAreMadeElsewhereHaveASuite() throws {
    for (page, suite) in Self.made {
      #expect(Pages.paths().contains(page))
      let name = try #require(page.split(separator: "/").last)
      #expect(try Pages.text(suite).contains(name), "\(suite) says nothing of \(name)")
    }
  }

  @Test func aBlockThatDiffersFromItsSourceIsFound() throws {
    let snippets = ["a": "let x = 1\n"]
    func block(_ text: String, _ source: (String, String)?) -> CodeBlock {
      CodeBlock(page: "P.md", line: 1, language: "swift", text: text, source: source)
    }
    #expect(Self.source(of: block("let x = 1\n", ("snippet", "a")), snippets, [:]) == "let x = 1\n")
    #expect(Self.source(of: block("let x = 1\n", ("snippet", "b")), snippets, [:]) == nil)
    #expect(Self.source(of: block("let x = 1\n", nil), snippets, [:]) == nil)
  }
}
