import Foundation
import HostTools
import Testing

@Suite struct ToolTests {
  private func shell(_ script: String, limit seconds: Double? = nil) throws -> Tool.Output {
    let shell = try #require(Tool.find("sh"))
    return try #require(Tool.run(shell, ["-c", script], limit: seconds))
  }

  @Test(arguments: [nil, 60]) func outputErrorsAndStatusComeBack(_ seconds: Double?) throws {
    let output = try shell("echo one; echo two >&2; exit 3", limit: seconds)
    #expect(output.text == "one\ntwo\n")
    #expect(output.status == 3)
    #expect(!output.wasStopped)
  }

  @Test func aProgramOverItsLimitIsEndedWithWhatItHasStarted() throws {
    let output = try shell("sleep 1000 & echo $!; wait", limit: 0.5)
    #expect(output.wasStopped && output.status != 0)
    let child = try #require(pid_t(output.text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // An ended process is listed as a zombie until its new parent has noticed.
    let file = "/proc/\(child)/stat"
    func isRunning() -> Bool {
      (try? String(contentsOfFile: file, encoding: .utf8)).map { !$0.contains(") Z ") } ?? false
    }
    for _ in 0..<500 where isRunning() { usleep(10_000) }
    #expect(!isRunning())
  }

  @Test func toolsAreFoundOnThePathAndByTheirPath() {
    #expect(Tool.find("sh").map(Tool.find) == Tool.find("sh"))
    #expect(Tool.find("no-such-program") == nil)
    #expect(Tool.find("/usr/bin/no-such-program") == nil)
  }

  @Test func theLastLinesAreThoseBeforeTheNewlineAtTheEnd() {
    let output = Tool.Output(status: 0, text: "first\nsecond\nthird\n\n")
    #expect(output.tail(1) == "third")
    #expect(output.tail(2) == "second\nthird")
  }
}
