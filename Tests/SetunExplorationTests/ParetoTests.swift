import Foundation
import SetunExploration
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Exploration: front, table and picture")
struct ParetoTests {
  @Test(
    "the front is what no other design beats",
    arguments: [
      ([], []), ([(5, 1)], [0]),
      // A dearer one that is no faster, and one that is.
      ([(1, 10), (2, 10), (3, 11)], [0, 2]),
      // Equal designs do not beat each other.
      ([(1, 10), (1, 10), (2, 9)], [0, 1]),
      // At the same cost only the fastest; in any order.
      ([(2, 5), (2, 7), (1, 6), (2, 6)], [1, 2]), ([(9, 1), (8, 2), (7, 3)], [2]),
      ([(1, 1), (2, 2), (3, 3)], [0, 1, 2]),
    ] as [([(Double, Double)], [Int])])
  func front(designs: [(Double, Double)], expected: [Int]) {
    #expect(ParetoFront.indices(designs.map { (cost: $0.0, value: $0.1) }) == expected)
  }

  /// A simulated point of a given size and speed.
  private func row(_ index: Int, luts: Int, cycles: Double, channels: Int = 1) -> ResultRow {
    let point = DesignPoint(
      index: index, width: 128, channels: channels, streams: 1, rowLanes: index % 2 == 0 ? 1 : 5, fraction: 15,
      fifoBeats: 512, memory: .external(.ideal), clockMHz: 100)
    let measurement = Outcome.Measurement(
      cyclesPerToken: cycles, predictedCycles: 1, deliverableFraction: 0.5, utilisation: 0.4, bytesPerToken: 3,
      bytesOverEntropy: 1.01)
    return ResultRow(Outcome(point: point, verdict: .simulated(measurement), resources: Resources(luts: luts)))
  }

  @Test("a row that was read again is the row that was written")
  func lines() throws {
    let simulated = row(3, luts: 17, cycles: 1234.5)
    #expect(ResultRow(line: simulated.line) == simulated)
    #expect(simulated[.tokensPerSecond] == "81004.455")
    let point = DesignSpace().points[7]
    for reason in ["", "a, b", "he said \"no\"", "\"", ",", "\"\",\"", "\"quoted\", and more"] {
      let refused = ResultRow(Outcome(point: point, verdict: .refused(reason)))
      let again = try #require(ResultRow(line: refused.line))
      #expect(again == refused && again[.reason] == reason)
    }
    for text in ["", "1,2,3", String(simulated.line.dropLast(20)), "x" + simulated.line, simulated.line + ",\""] {
      #expect(ResultRow(line: text) == nil, "\(text)")
    }
  }

  @Test("the picture is one well-formed file with every simulated point, the front, axes and legend")
  func picture() throws {
    var rows = (0..<9).map { row($0, luts: 1000 << $0, cycles: 1e6 / Double(1 + $0 % 7), channels: 1 << ($0 % 3)) }
    rows.append(ResultRow(Outcome(point: DesignSpace().points[9], verdict: .refused("<&>"))))
    ResultRow.markFront(&rows)
    let budget = try ResourceBudget.named("kv260")
    let svg = ParetoPicture(rows, title: "a < b & c", budget: budget).svg
    let seen = Elements()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = seen
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    #expect(seen.counts["title"] == 9)
    #expect(svg.contains("class=\"front\"") && svg.contains("class=\"limit\"") && svg.contains("Pareto front"))
    #expect(svg.contains("prefers-color-scheme: dark") && svg.contains("1 refused") && svg.contains("4 channels"))
    #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("href"))
  }

  @Test("a picture of nothing says so")
  func emptyPicture() {
    let svg = ParetoPicture([], title: "nothing", budget: nil).svg
    #expect(svg.contains("no point was simulated") && !svg.contains("nan"))
  }

  @Test("ticks are round numbers within the axis", arguments: [(1.0, 1.0), (3, 4), (1, 9), (20_000, 80_000), (1, 1e9)])
  func ticks(low: Double, high: Double) {
    let axis = LogarithmicAxis([low, high], from: 0, to: 100)
    let ticks = axis.ticks
    #expect((1...12).contains(ticks.count) && ticks == ticks.sorted() && ticks.allSatisfy(axis.contains), "\(ticks)")
    #expect((0...100).contains(axis.place(low)) && axis.place(low) <= axis.place(high))
  }

  private final class Elements: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      counts[name, default: 0] += 1
    }
  }
}
