import Foundation
import MutationTesting
import SetunMachine
import SetunVerification
import VerilatorBridge

/// Shows of a fault in an operator that it changes nothing, by trying every operand.
struct MutantProof {
  let configuration: Configuration
  /// The design without faults.
  let files: [(name: String, text: String)]

  /// The operators whose results the module decides; none when something else uses it, or when there are too many
  /// operands.
  private func operators(of module: String) -> [OperatorCheck] {
    let checks = OperatorCheck.all(configuration).filter(\.isExhaustible)
    if let check = checks.first(where: { $0.id == module }) { return [check] }
    let users = files.filter { $0.text.contains("  \(module) u_") }.map { $0.name.replacing(".sv", with: "") }
    let found = checks.filter { users.contains($0.id) }
    return found.count == users.count ? found : []
  }

  /// Why a fault is equivalent; nil when this cannot tell.
  ///
  /// - Parameter design: with this fault alone.
  func reason(_ fault: Fault, _ design: [(name: String, text: String)]) throws -> String? {
    let checks = operators(of: fault.module)
    guard !checks.isEmpty else { return nil }
    let place = FileManager.default.temporaryDirectory.appending(path: "setun-proof-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    try Emission.write(design, to: place.path)
    for check in checks {
      let model = try OperatorModel.build(
        rtlDirectory: place, operators: [check.ports], options: .init(isLenient: true),
        cacheDirectory: place.appending(path: "cache"))
      if check.findingOfAllOperands(on: model) != nil { return nil }
    }
    let names = checks.map(\.id).joined(separator: " and ")
    return "No operand of \(names) gives another result: every one was tried."
  }
}
