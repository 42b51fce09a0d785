import Foundation
import Testing
import VerilatorBridge

struct ToolReportTests {
  @Test("every tool is reported once, with a purpose and a remedy; the tools these tests run on are found")
  func reports() throws {
    let reports = ToolReport.all()
    #expect(Set(reports.map(\.tool)).count == reports.count)
    for report in reports {
      #expect(!report.purpose.isEmpty && !report.remedy.isEmpty)
      #expect(!report.isAdequate || report.found != nil, "\(report)")
    }
    for tool in ["swift", "clang++", "libstdc++", "verilator"] {
      let report = try #require(reports.first { $0.tool == tool })
      #expect(report.isAdequate, "\(report)")
    }
    let data = try JSONEncoder().encode(reports)
    #expect(try JSONDecoder().decode([ToolReport].self, from: data) == reports)
  }

  @Test("only required tools decide whether the set is complete")
  func completeness() {
    var report = ToolReport(
      tool: "t", purpose: "p", isRequired: true, wanted: "1", found: nil, location: nil, isAdequate: false, remedy: "r")
    #expect(!ToolReport.isComplete([report]))
    report.isRequired = false
    #expect(ToolReport.isComplete([report]))
  }
}
