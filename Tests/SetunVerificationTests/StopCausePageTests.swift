import Foundation
import SetunMachine
import SetunVerification
import Testing

/// The stored page of stop causes, without running a bench.
@Suite struct StopCausePageTests {
  private func page() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(
      contentsOf: root.appending(path: "Sources/SetunMachine/SetunMachine.docc/StopCauses.md"), encoding: .utf8)
  }

  @Test func everyCauseIsReachedByABench() throws {
    let contents = CauseCoverage.contents(ofPage: try page())
    #expect(StopCause.allCases.filter { $0 != .none && !contents.causes.contains($0) } == [])
  }

  @Test func everyBenchIsListed() throws {
    #expect(CauseCoverage.contents(ofPage: try page()).benches == Bench.all.map(\.id))
  }

  @Test func theBoundIsThatOfTheBenches() throws {
    #expect(try page().contains(CauseCoverage.bounds))
  }

  @Test func aPageWithoutACauseIsNoticed() {
    let page = """
      | bench | runs | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | of the bound |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
      | one | 4 | 2 |  | 1 |  |  |  |  |  |  | 1 |  | 20 % |
      | two | 3 |  | 3 |  |  |  |  |  |  |  |  |  | 3 % |
      | all | 7 | 2 | 3 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 1 | 0 |  |
      """
    let contents = CauseCoverage.contents(ofPage: page)
    #expect(contents.causes == [.budgetReached, .endOfSequence, .abort, .headerCRC])
    #expect(contents.benches == ["one", "two"])
  }
}
