import Files
import Foundation
import Testing

@Suite("Foreign text and small files")
struct FilesTests {
  @Test(
    "what could steer a terminal or break the line is spelt out",
    arguments: [
      ("plain 'text' \u{E9}\u{1F600}", "plain 'text' \u{E9}\u{1F600}"), ("a\nb", "a\\u{a}b"),
      ("\u{1B}[2J", "\\u{1b}[2J"),
      ("\u{202E}evil", "\\u{202e}evil"), ("\u{2028}", "\\u{2028}"), ("\u{0}", "\\u{0}"), ("", ""),
    ])
  func printable(text: String, shown: String) { #expect(text.printable() == shown) }

  @Test("long text is cut")
  func cut() {
    #expect(String(repeating: "x", count: 500).printable(limit: 10) == "xxxxxxxxxx...")
    #expect(String(repeating: "x", count: 10).printable(limit: 10) == "xxxxxxxxxx")
  }

  @Test("a small file is read whole, a long one and a directory are refused")
  func reading() throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("files-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let path = place.path + "/file"
    for count in [0, 5, TextFile.longest] {
      let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0) })
      try data.write(to: URL(fileURLWithPath: path))
      #expect(try TextFile.contents(path) == data)
    }
    try Data(count: TextFile.longest + 1).write(to: URL(fileURLWithPath: path))
    let long = #expect(throws: TextFileError.self) { try TextFile.contents(path) }
    #expect(long?.description == "\(path): is longer than 1048576 bytes.")
    #expect(throws: TextFileError.self) { try TextFile.contents(place.path) }
    #expect(throws: TextFileError.self) { try TextFile.contents("/dev/zero") }
    let missing = #expect(throws: TextFileError.self) { try TextFile.contents(path + "x") }
    #expect(missing?.description == "\(path)x: cannot be read.")
  }
}
