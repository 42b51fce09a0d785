import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing
import VerilatorBridge

@Suite("A fault planted in the emitted SystemVerilog is noticed")
struct PlantedFaultTests {
  /// One replacement in one emitted module, and in which kind of record it must show first.
  struct Fault: Sendable, CustomStringConvertible {
    var module: String
    var original: String
    var replacement: String
    var kinds: Set<RetireKind>
    var model: RandomCheckpoint
    var description: String { "\(module): '\(original)' becomes '\(replacement)'" }

    init(
      _ module: String, _ original: String, _ replacement: String, _ kinds: Set<RetireKind>, d: Int = 50,
      weights: RandomCheckpoint.Weights = .ordinary
    ) {
      self.module = module
      self.original = original
      self.replacement = replacement
      self.kinds = kinds
      model = RandomCheckpoint(d: d, intermediate: 2 * d, layers: 2, vocabulary: 400, weights: weights, seed: 51)
    }
  }

  static let faults: [Fault] = [
    // Arithmetic.
    Fault("residual_unit", "outputs_i > 2'd1 ? z1", "outputs_i > 2'd0 ? z1", [.element]),
    Fault("statistics", "(magnitude1 > largest1_q)", "(magnitude1 < largest1_q)", [.quantise]),
    Fault("norm_unit", "variance_floor = inner_i ?", "variance_floor = !inner_i ?", [.scale]),
    Fault("argmax_unit", "candidate_q > best_q", "candidate_q < best_q", [.token]),
    Fault("argmax_unit", "candidate_q > best_q", "candidate_q >= best_q", [.token], weights: .zero),
    Fault("dot_tree_16", "8'sd0 - activations[k] : activations[k]", "activations[k] : activations[k]", [.sums]),
    Fault("quantise_lane_e8f12", "10'(halves_q) + 10'd1", "10'(halves_q)", [.quantise]),
    Fault("float_add_e8f12", "round_up_q <= rounds_up;", "round_up_q <= !rounds_up;", [.element]),
    Fault("ternary_engine", ": accumulator_q[r] +", ": accumulator_q[r] -", [.sums]),
    // Time.
    Fault("sequencer", "groups_q < 5'd16", "groups_q < 5'd15", [.sums, .address], d: 10),
    Fault(
      "sequencer", "head_is_rmsnorm && norm_busy_q", "head_is_rmsnorm && norm_busy_q && !norm_busy_q",
      [.quantise, .scale], d: 3),
    Fault("row_serialiser", "place_q == 3'd3", "place_q == 3'd2", [.element]),
    Fault("stream_fifo", "valid_q <= has_next;", "valid_q <= has_next && !valid_q;", [.load]),
    Fault(
      "weight_streamer", "next_length_q[3:0] <= free_places_q[3:0]", "next_length_q[3:0] < free_places_q[3:0]",
      [.address]),
  ]

  @Test("each fault is seen by the comparison", arguments: faults)
  func faultIsSeen(fault: Fault) throws {
    var files = try Chain.emit(.small)
    let index = try #require(files.firstIndex { $0.name == fault.module + ".sv" })
    let parts = files[index].text.components(separatedBy: fault.original)
    try #require(parts.count == 2, "'\(fault.original)' must occur exactly once in \(fault.module)")
    files[index].text = parts.joined(separator: fault.replacement)
    let model = try Chain.build(files, for: .small)
    try fault.model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .small)
      let request = RunRequest(prompt: [3], budget: 3)
      var simulator = MachineSimulator(compiled)
      var observer = NoObserver()
      let simulated = try simulator.run(request, records: true, observer: &observer)
      let session = try RTLSession(model: model, image: Data(compiled.image))
      // A core that hangs has been noticed too; so few cycles are not waited for in vain.
      let measured: [RetireRecord]
      do {
        measured = try Chain.run(session, request, streamsLogits: false, maxCycles: 2 * simulated.cycles).records
      } catch BridgeError.stuck {
        measured = session.records
      }
      let comparison = RecordComparison(simulator: simulated.records, rtl: measured)
      #expect(!comparison.isEqual && comparison.mismatches > 0)
      let difference = try #require(comparison.firstDifference)
      let kinds = [difference.simulator, difference.rtl].compactMap { $0?.kind }
      print("\(fault): \(comparison.mismatches) mismatches, first in \(kinds.first.map(\.description) ?? "?")")
      #expect(!fault.kinds.isDisjoint(with: kinds), "\(difference)")
    }
  }
}
