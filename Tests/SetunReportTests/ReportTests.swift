import Foundation
import SetunMachine
import SetunReport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a parser saw of a page.
private final class PageReader: NSObject, XMLParserDelegate {
  var text = ""
  var elements: [String: Int] = [:]
  var attributes: Set<String> = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes own: [String: String]
  ) {
    elements[name, default: 0] += 1
    attributes.formUnion(own.keys)
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  /// Nil when the page is not well formed.
  init?(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }
}

@Suite("The report")
struct ReportTests {
  @Test("facts survive JSON, every figure of them", arguments: ReportFixture.all)
  func roundTrip(item: ReportFixture) throws {
    let facts = ReportFacts(try item.measured())
    let json = try facts.json()
    #expect(try ReportFacts(json: json) == facts)
    #expect(try ReportFacts(json: json).json() == json)
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    let speed = try #require(object["speed"] as? [String: Any])
    #expect(speed["evidence"] as? String == "simulated")
    #expect(speed["cycles_per_token"] as? Double == facts.speed.cyclesPerToken)
  }

  @Test("the page is well formed, needs nothing else, and says what the facts say", arguments: ReportFixture.all)
  func page(item: ReportFixture) throws {
    var facts = ReportFacts(try item.measured())
    func read() throws -> PageReader { try #require(PageReader(ReportPage(facts).html)) }
    let page = try read()
    #expect(page.text.contains("tales <1m> & \"more\" on \(facts.subject.configuration)"))
    #expect(page.elements["script"] == nil && page.elements["link"] == nil && page.elements["img"] == nil)
    #expect(page.attributes.isDisjoint(with: ["src", "href", "onclick", "onload"]))
    #expect(page.elements["section"] == 10)
    #expect(page.elements["svg"] == 9)
    for evidence in Evidence.allCases { #expect(page.text.contains(evidence.rawValue)) }
    for row in facts.cycles.rows { #expect(page.text.contains(row.part.title)) }
    for kind in facts.cycles.classes where facts.cycles.total(of: kind) > 0 { #expect(page.text.contains(kind.title)) }
    for unit in facts.activity.units { #expect(page.text.contains(unit.name)) }
    for item in facts.energy.items { #expect(page.text.contains(item.parameter.source)) }
    // Nothing is written that the facts do not hold.
    facts.speed.tokensPerSecond = 98_765
    facts.speed.cyclesPerToken = 76_543
    facts.traffic.bytesPerToken = 54_321
    facts.bandwidth.fractionOfDeliverable = 7.654
    facts.footprint.ratio = 3.21
    facts.energy.highMillijoules = 23_456
    facts.prediction.predictedCyclesPerToken = 65_432
    facts.roofline.boundBy = "elsewhere"
    let changed = try read()
    for text in [
      "98,765", "76,543", "54,321", "765.4 %", "3.21 times less", "23,456 mJ", "65,432 cycles", "Bound by: elsewhere",
    ] {
      #expect(changed.text.contains(text) && !page.text.contains(text), "\(text)")
    }
  }

  @Test("a goal that is missed is called so, and one that is met")
  func goals() throws {
    var facts = ReportFacts(try ReportFixture().measured())
    #expect(facts.goals.allSatisfy { $0.isMet != nil })
    let all = facts.goals
    let cases: [(bound: ReportFacts.Goal.Bound, value: Double, text: String)] = [
      (.atMost(1.03), 1.02, "at most 1.0300met"), (.atMost(1.03), 1.03, "at most 1.0300met"),
      (.atMost(1.03), 1.04, "at most 1.0300missed"), (.atLeast(0.97), 0.98, "at least 97.00 %met"),
      (.atLeast(0.97), 0.97, "at least 97.00 %met"), (.atLeast(0.97), 0.96, "at least 97.00 %missed"),
    ]
    for (bound, value, text) in cases {
      facts.goals = [try #require(all.first { $0.bound == bound })]
      facts.goals[0].value = value
      let page = try #require(PageReader(ReportPage(facts).html))
      #expect(page.text.contains(text), "\(value)")
    }
  }

  @Test("bytes add up to the token's, and padding is what is beyond the useful ones", arguments: ReportFixture.all)
  func traffic(item: ReportFixture) throws {
    let run = try item.measured()
    let facts = ReportFacts(run)
    let sum = facts.traffic.items.reduce(0) { $0 + $1.bytes }
    #expect(abs(sum - Double(facts.traffic.bytesPerToken)) < 1e-6)
    #expect(facts.traffic.items.allSatisfy { $0.bytes >= 0 })
    let program = run.model.program
    let beats = try #require(run.result.positions.last).instructions.reduce(0) { $0 + $1.beats }
    let row = item.channels * program.embeddingBeats
    #expect(facts.traffic.bytesPerToken == (beats + row) * program.configuration.beatBytes)
    #expect(facts.traffic.overEntropy > 1)
    // tales-1m: 1,114,112 ternary weights.
    #expect(facts.subject.ternaryWeights == program.usefulTrits)
  }

  @Test("the core uses less than is deliverable, and that is less than the peak", arguments: ReportFixture.all)
  func bandwidth(item: ReportFixture) throws {
    let facts = ReportFacts(try item.measured())
    // A few tokens draw other stalls than the long read that measures what a random memory delivers.
    let tolerance = if case .random = item.memory.mode { 1.03 } else { 1.001 }
    #expect(facts.bandwidth.used < tolerance * facts.bandwidth.deliverable)
    #expect(facts.bandwidth.deliverable <= facts.bandwidth.peak)
    let lost = facts.bandwidth.lostToRefresh + facts.bandwidth.lostToRows + facts.bandwidth.lostOtherwise
    #expect(abs(facts.bandwidth.deliverable / facts.bandwidth.peak + lost - 1) < 1e-9)
    // No bound is beaten.
    for bound in facts.roofline.bounds { #expect(bound.cyclesPerToken <= tolerance * facts.speed.cyclesPerToken) }
    #expect(facts.roofline.fraction <= tolerance)
    #expect(facts.activity.units.allSatisfy { (0...1).contains($0.fraction) })
    #expect((0...Double(facts.activity.fifoPlaces)).contains(facts.activity.fifoOccupancy))
  }

  @Test("predicted parts add up to the predicted token, simulated ones to the simulated", arguments: ReportFixture.all)
  func prediction(item: ReportFixture) throws {
    let prediction = ReportFacts(try item.measured()).prediction
    let predicted = prediction.rows.reduce(0) { $0 + $1.predictedCycles }
    let simulated = prediction.rows.reduce(0) { $0 + $1.simulatedCycles }
    #expect(abs(predicted - prediction.predictedCoreCycles) < 1e-6)
    #expect(prediction.predictedCyclesPerToken >= prediction.predictedCoreCycles)
    #expect(abs(simulated - prediction.simulatedCyclesPerToken) < 1e-6)
    if item.memory == .ideal { #expect(abs(prediction.difference) <= 0.005) }
  }

  @Test("the energy is a range, and every parameter has a source", arguments: ReportFixture.all)
  func energy(item: ReportFixture) throws {
    let facts = ReportFacts(try item.measured())
    let energy = facts.energy
    #expect(energy.evidence == .estimated)
    for item in energy.items {
      #expect(item.parameter.low > 0 && item.parameter.low < item.parameter.high, "\(item.parameter.name)")
      #expect(item.lowMillijoules < item.highMillijoules && item.parameter.source.count > 20)
      #expect(["pJ", "W"].contains(item.parameter.unit) && (item.count == nil) == (item.parameter.unit == "W"))
    }
    #expect(energy.lowMillijoules < energy.highMillijoules && energy.lowWatts < energy.highWatts)
    let seconds = facts.speed.microsecondsPerToken * 1e-6
    #expect(abs(energy.lowWatts * seconds * 1e3 - energy.lowMillijoules) < 1e-9 * energy.lowMillijoules)
    let dram = try #require(energy.items.first)
    #expect(dram.count == 8 * Double(facts.traffic.bytesPerToken))
  }

  @Test("every published design has a row, with source, evidence and whether the head counts")
  func comparison() throws {
    let facts = ReportFacts(try ReportFixture().measured())
    #expect(PublishedDesign.all.count == 15)
    #expect(facts.comparison.rows.map(\.published) == PublishedDesign.all)
    #expect(facts.comparison.rows.allSatisfy { $0.speedOfOneStream == nil })
    let page = try #require(PageReader(ReportPage(facts).html))
    for design in PublishedDesign.all {
      #expect(page.text.contains(design.speed) && page.text.contains(design.platform))
      #expect(!design.source.isEmpty && !design.obtained.isEmpty && !design.head.isEmpty)
    }
    let ternip = try #require(PublishedDesign.all.first { $0.design == "Ternip" && $0.size == .small })
    #expect(try #require(ternip.tokensPerSecondOfStream).rounded() == 77)
    #expect(PublishedDesign.ModelSize(hiddenSize: 2560, layers: 32, intermediateSize: 6912) == .large)
    #expect(PublishedDesign.ModelSize(hiddenSize: 128, layers: 4, intermediateSize: 512) == nil)
  }
}
