import HardwareDescription
import HardwareLibrary
import Proofs
import Testing

/// What the library's catalogue says is proved.
@Suite struct CatalogueProofTests {
  /// A module of fixed latency has no handshake; how it counts and rounds is tested against a reference.
  @Test(arguments: LibraryCatalogue.entries.indices) func everyModuleWithAProtocolIsProved(_ index: Int) throws {
    let entry = LibraryCatalogue.entries[index]
    let modules = entry.modules()
    #expect(!modules.isEmpty)
    let hasProtocol = modules.contains { !($0 is any FixedLatencyModule) }
    #expect(entry.proofs.isEmpty == !hasProtocol, "\(entry.type)")
    let names = Set(modules.map(\.moduleName))
    for name in entry.proofs {
      let proof = try #require(Proof.all.first { $0.name == name }, "\(entry.type) names '\(name)', which is no proof")
      let harness = try proof.harness()
      #expect(
        harness.design.modules.contains { names.contains($0.name) },
        "'\(name)' is not about a \(entry.type) that the catalogue lists")
      #expect(!harness.assertions.isEmpty || !harness.independences.isEmpty, "\(name)")
    }
  }

  @Test func proofsHaveNamesOfTheirOwn() {
    #expect(Set(Proof.all.map(\.name)).count == Proof.all.count)
  }
}
