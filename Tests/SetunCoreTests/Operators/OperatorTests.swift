import Foundation
import HardwareDescription
import HardwareLibrary
import SetunCore
import SetunMachine
import SetunVerification
import TernaryArithmetic
import Testing
import VerilatorBridge

/// The circuits of all operators, for the product's format and for the narrowest and widest one.
@Suite("Operator circuits", .serialized)
struct OperatorTests {
  static let vectors = 300_000
  static let seed: UInt64 = 0x5E70
  static let integerWidths = [20, 32]
  static let treeLanes = [2, 6, 16, 64]

  static func modules(_ format: FloatFormat) -> [any HardwareModule] {
    let floats: [any HardwareModule] = [
      FloatMultiply(format: format), FloatAdd(format: format), QuantiseLane(format: format),
      FloatReciprocal(format: format), FloatReciprocalSquareRoot(format: format), FloatSigmoidPair(format: format),
      FloatSquareAlign(format: format), FloatFromWide(format: format), FloatFromBFloat16(format: format), TritDecoder(),
    ]
    return floats + integerWidths.map { FloatFromInteger(format: format, width: $0) }
      + treeLanes.map { DotTree(lanes: $0) }
  }

  static func checks(_ format: FloatFormat) -> [OperatorCheck] {
    OperatorCheck.all(format: format, integerWidths: integerWidths, treeLanes: treeLanes)
  }

  /// The operators of a format, emitted and built; `change` may spoil a file.
  private func model(
    _ format: FloatFormat, change: (_ name: String, _ text: String) -> String = { $1 }
  ) throws -> OperatorModel {
    let directory = FileManager.default.temporaryDirectory.appending(path: "setun-operators-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for module in Self.modules(format) {
      for file in try Elaborator().run(module).systemVerilog(configuration: "operators") {
        try change(file.name, file.text).write(
          to: directory.appending(path: file.name), atomically: true, encoding: .utf8)
      }
    }
    return try OperatorModel.build(rtlDirectory: directory, operators: Self.checks(format).map(\.ports))
  }

  @Test("every operator's circuit equals the arithmetic after the latency of the table", arguments: [7, 8, 15, 23])
  func equalsArithmetic(fractionBits: Int) throws {
    let format = FloatFormat(exponentBits: 8, fractionBits: fractionBits)
    let checks = Self.checks(format)
    let findings = OperatorCheck.findings(
      of: checks, on: try model(format), vectors: Self.vectors, seed: Self.seed)
    for finding in findings { Issue.record("seed \(Self.seed): \(finding)") }
  }

  @Test(
    "a wrong constant of an operator is found",
    arguments: [
      ("float_add_e8f15.sv", "{small_q, 2'd0}", "{small_q, 2'd1}"),
      ("trit_decoder.sv", "code_i > 8'd242", "code_i > 8'd243"),
      ("reciprocal_square_root_segments.sv", "25'h0a737ea", "25'h0a73fea"),
    ])
  func findsFaults(file: String, right: String, wrong: String) throws {
    let format = FloatFormat(exponentBits: 8, fractionBits: 15)
    var changed = 0
    let model = try model(format) { name, text in
      guard name == file else { return text }
      changed += text.components(separatedBy: right).count - 1
      return text.replacingOccurrences(of: right, with: wrong)
    }
    #expect(changed == 1)
    let findings = OperatorCheck.findings(of: Self.checks(format), on: model, seed: Self.seed)
    #expect(findings.count == 1, "\(findings)")
  }

  @Test("modules declare the latencies of the table")
  func declaredLatencies() throws {
    let format = FloatFormat(exponentBits: 8, fractionBits: 15)
    let modules = Self.modules(format)
    for check in Self.checks(format) {
      let module = try #require(modules.first { $0.moduleName == check.id })
      #expect((module as? any FixedLatencyModule)?.latency ?? 0 == check.latency, "\(check.id)")
    }
    #expect(Self.checks(format).count == modules.count)
  }
}
