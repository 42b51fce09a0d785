import Foundation
import HardwareDescription
import HardwareLibrary
import Testing

/// What the catalogue lists is tested and described.
@Suite struct CatalogueTests {
  /// Every module that a suite runs with random stalls, levels or clocks.
  static var stalled: [any HardwareModule] {
    StreamCase.all.map { $0.module() } + CrossingTests.crossings.map { $0.module() } + ArbiterTests.modules
      + CreditCounterTests.modules + CrossingTests.synchronisers
  }

  /// A module of fixed latency never waits.
  @Test func everyModuleWithAProtocolIsTestedWithRandomStalls() {
    let tested = Set(Self.stalled.map { "\(type(of: $0))" })
    for entry in LibraryCatalogue.entries where entry.modules().contains(where: { !($0 is any FixedLatencyModule) }) {
      #expect(tested.contains(entry.type), "\(entry.type) has no test with random stalls")
    }
  }

  @Test func anEntryListsModulesOfItsType() {
    for entry in LibraryCatalogue.entries {
      #expect(entry.modules().allSatisfy { "\(type(of: $0))" == entry.type }, "\(entry.type)")
    }
    #expect(Set(LibraryCatalogue.entries.map(\.type)).count == LibraryCatalogue.entries.count)
  }

  @Test func everyModuleSaysWhatItGuarantees() throws {
    let comments = try Library.comments()
    let page = try Library.page()
    for entry in LibraryCatalogue.entries {
      #expect(comments[entry.type]?.contains("Guarantees: ") == true, "\(entry.type)")
      #expect(page.contains("\n- ``\(entry.type)``\n"), "\(entry.type) is no topic of the library's page")
      for module in entry.modules() { #expect(!module.documentation.isEmpty, "\(module.moduleName)") }
    }
  }

  @Test func everyPublicModuleIsInTheCatalogue() throws {
    #expect(try Set(Library.comments().keys) == Set(LibraryCatalogue.entries.map(\.type)))
  }

  @Test func theLibrarysPageHasTheTableOfTheCatalogue() throws {
    #expect(
      try Library.page().contains(LibraryCatalogue.table),
      "put this into HardwareLibrary.md:\n\(LibraryCatalogue.table)")
  }
}

/// The sources of the library.
private enum Library {
  static let directory = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("../../Sources/HardwareLibrary").standardizedFileURL

  static func page() throws -> String {
    try String(
      contentsOf: directory.appendingPathComponent("HardwareLibrary.docc/HardwareLibrary.md"), encoding: .utf8)
  }

  /// The documentation comment above each public module.
  static func comments() throws -> [String: String] {
    var comments: [String: String] = [:]
    let files = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
    for file in files where file.hasSuffix(".swift") {
      var comment: [Substring] = []
      let text = try String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("///") {
          comment.append(line)
          continue
        }
        let words = line.split { " :,{".contains($0) }
        if words.starts(with: ["public", "struct"]),
          !Set(words).isDisjoint(with: ["HardwareModule", "FixedLatencyModule"])
        {
          comments[String(words[2])] = comment.joined(separator: "\n")
        }
        comment = []
      }
    }
    return comments
  }
}
