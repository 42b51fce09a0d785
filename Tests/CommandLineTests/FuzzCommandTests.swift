import Foundation
import Testing

@Suite("The command line: fuzzing")
struct FuzzCommandTests {
  @Test("a short run of every loader finds nothing")
  func shortRun() throws {
    let scratch = try ScratchDirectory()
    let run = try RTLGenProcess("fuzz", "--seconds", "3", "--seed", "3", "--out", scratch.file("out"), "--json")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.output)")
    let report = try run.json()
    #expect(try #require(report["cases"] as? Int) > 0)
    #expect((report["findings"] as? [Any])?.isEmpty == true)
    #expect(try scratch.contents().isEmpty)
  }

  @Test(
    "what a loader does wrong is noticed, kept and repeated",
    arguments: [
      ("planted-crash", "crash"), ("planted-hang", "no end within 1 s"), ("planted-growth", "took "),
      ("planted-allocation", "crash"), ("planted-rambling", "control characters"),
    ])
  func planted(target: String, word: String) throws {
    let scratch = try ScratchDirectory()
    let run = try RTLGenProcess(
      "fuzz", "--seconds", "4", "--limit", "1", "--target", target, "--out", scratch.path, "--json")
    #expect(run.status == 1)
    let findings = try #require(try run.json()["findings"] as? [[String: Any]])
    let first = try #require(findings.first)
    #expect(try #require(first["problem"] as? String).contains(word), "\(first)")
    let number = try #require(first["number"] as? Int)
    let kept = try scratch.contents(of: "\(target)-1-\(number)")
    #expect(Set(kept.keys) == ["a", "finding.txt"])
    guard target == "planted-rambling" else { return }
    let again = try RTLGenProcess("fuzz", "--target", target, "--case", "\(number)")
    #expect(again.status == 1 && again.output.contains(word))
  }

  @Test("the targets are listed, and others refused")
  func targets() throws {
    let list = try RTLGenProcess("fuzz", "--list").output.split(separator: "\n")
    #expect(list.count == 10 && list.allSatisfy { $0.contains(": ") })
    let unknown = try RTLGenProcess("fuzz", "--target", "nothing", "--seconds", "1")
    #expect(unknown.status == 1 && unknown.errors == "Error: There is no loader called 'nothing'; --list names them.\n")
    #expect(try RTLGenProcess("fuzz", "--case", "1").status == 64)
    #expect(try RTLGenProcess("fuzz", "--seconds", "0").status == 64)
  }
}
