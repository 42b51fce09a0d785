import Foundation
import MutationTesting
import Testing

/// A module with every form that the scan knows, and one that it instantiates.
private let design: [(name: String, text: String)] = [
  (
    "counter.sv",
    """
    // SPDX-License-Identifier: Apache-2.0
    // Counts a + b; this comment holds no fault.
    module counter (
      input  logic       clk_i,
      input  logic       rst_ni,
      input  logic       enable_i,
      input  logic [7:0] step_i,
      output logic [7:0] count_o
    );
      localparam int Limit = 200;

      typedef enum logic [1:0] {
        PhaseIdle = 2'd0,
        PhaseRun = 2'd1,
        PhaseDone = 2'd2
      } phase_e;

      phase_e phase_d, phase_q;
      logic [7:0] count_d, count_q;
      logic [7:0] other_q;
      logic signed [7:0] signed_q;
      (* ram_style = "distributed" *)
      logic [7:0] bank [0:3];
      logic unused_step_bits;
      assign unused_step_bits = ^step_i[7:4];

      assign count_o = count_q;

      always_comb begin
        phase_d = phase_q;
        count_d = count_q;
        case (phase_q)
          PhaseIdle: if (enable_i && step_i != 8'd0) phase_d = PhaseRun;
          PhaseRun: begin
            count_d = count_q + {step_i[6:0], 1'b0};
            if (count_q >= 8'(Limit)) phase_d = PhaseDone;
            else if (!enable_i) phase_d = PhaseIdle;
          end
          default: ;
        endcase
      end

      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          phase_q <= PhaseIdle;
          count_q <= '0;
        end else begin
          phase_q <= phase_d;
          count_q <= enable_i ? count_d : other_q;
        end
      end

      for (genvar k = 0; k < 4; k++) begin : gen_bank
        logic [7:0] next;
        assign next = count_q >> k;
        always_ff @(posedge clk_i) begin
          if (enable_i) begin
            bank[k] <= next;
          end
        end
      end

      always_ff @(posedge clk_i) begin
        other_q <= bank[2];
        signed_q <= -signed_q;
      end
    endmodule
    """
  ),
  (
    "top.sv",
    """
    module top (
      input  logic       clk_i,
      input  logic       rst_ni,
      input  logic       enable_i,
      input  logic       other_i,
      input  logic [7:0] step_i,
      output logic [7:0] count_o
    );
      logic [7:0] count;
      counter u_counter (
        .clk_i,
        .rst_ni,
        .enable_i,
        .step_i  (step_i),
        .count_o (count)
      );
      assign count_o = count;
    endmodule
    """
  ),
]

@Suite("Faults in SystemVerilog")
struct FaultPlanterTests {
  private static func all(seed: UInt64 = 1) throws -> [Fault] {
    var planter = try FaultPlanter(files: design, seed: seed)
    var faults: [Fault] = []
    while let fault = planter.next() { faults.append(fault) }
    return faults
  }

  @Test("a seed gives the same faults again, another one others")
  func reproducible() throws {
    let first = try Self.all().map { "\($0.file) \($0.line) \($0.after)" }
    #expect(try Self.all().map { "\($0.file) \($0.line) \($0.after)" } == first)
    #expect(try Self.all(seed: 2).map { "\($0.file) \($0.line) \($0.after)" } != first)
  }

  @Test("no fault is drawn twice, and each changes its place")
  func distinct() throws {
    let faults = try Self.all()
    #expect(Set(faults.map { "\($0.file) \($0.line) \($0.before) \($0.after)" }).count == faults.count)
    #expect(faults.allSatisfy { $0.before != $0.after })
    #expect(faults.map(\.number) == Array(1...faults.count))
  }

  @Test(
    "faults of every kind are among them",
    arguments: [
      ("count_d = count_q + {step_i[6:0], 1'b0};", "count_d = count_q - {step_i[6:0], 1'b0};"),
      ("count_d = count_q + {step_i[6:0], 1'b0};", "count_d = count_q + {step_i[6:0], 1'b1};"),
      ("count_d = count_q + {step_i[6:0], 1'b0};", "count_d = other_q + {step_i[6:0], 1'b0};"),
      ("count_q >= 8'(Limit)", "count_q > 8'(Limit)"),
      ("count_q >= 8'(Limit)", "count_q >= 8'((Limit + 1))"),
      ("enable_i && step_i != 8'd0", "enable_i || step_i != 8'd0"),
      ("enable_i && step_i != 8'd0", "enable_i && step_i == 8'd0"),
      ("enable_i && step_i != 8'd0", "1'b1"),
      ("enable_i && step_i != 8'd0", "enable_i && step_i != 8'd128"),
      ("!enable_i", "enable_i"),
      ("!enable_i", "!(!enable_i)"),
      ("phase_q <= PhaseIdle;", "phase_q <= PhaseRun;"),
      ("count_q <= '0;", "count_q <= 1'b1;"),
      ("count_q <= '0;", ";"),
      ("count_q <= enable_i ? count_d : other_q;", "count_q <= enable_i ? (other_q) : (count_d);"),
      ("signed_q <= -signed_q;", "signed_q <= signed_q;"),
      ("other_q <= bank[2];", "other_q <= bank[3];"),
      ("assign next = count_q >> k;", "assign next = count_q << k;"),
      (".enable_i", ".enable_i (other_i)"),
      ("step_i", "count"),
    ])
  func kinds(before: String, after: String) throws {
    #expect(try Self.all().contains { $0.before == before && $0.after == after })
  }

  @Test("clocks, resets, widths, comments, headers, sinks and outputs stay as they are")
  func left() throws {
    for fault in try Self.all() {
      #expect(!fault.after.contains("8'(clk_i") && fault.before != "!rst_ni")
      #expect(!fault.before.contains("unused_"))
      #expect(![".clk_i", ".rst_ni", "count"].contains(fault.before))
      #expect(fault.line > (fault.file == "top.sv" ? 8 : 26))
      if fault.before.contains("[6:0]") { #expect(fault.after == ";" || fault.after.contains("[6:0]")) }
    }
  }

  @Test("a fault by itself changes its file at its place only")
  func alone() throws {
    var planter = try FaultPlanter(files: design, seed: 3)
    for _ in 0..<40 {
      let drawn = planter.next()
      let fault = try #require(drawn)
      for (old, new) in zip(design, planter.text(with: fault)) {
        #expect(old.name == new.name)
        let (a, b) = (old.text.split(separator: "\n"), new.text.split(separator: "\n"))
        let differing = zip(a, b).enumerated().filter { $0.element.0 != $0.element.1 }.map { $0.offset }
        #expect(old.name == fault.file ? a.count == b.count && differing.count == 1 : differing.isEmpty)
      }
    }
  }

  @Test("an error message's line names the fault that stands there")
  func refusal() throws {
    var planter = try FaultPlanter(files: design, seed: 4)
    let faults = (0..<12).compactMap { _ in planter.next() }
    let planted = planter.design(with: faults)
    for file in planted.files {
      for (number, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let named = planted.faults(
          namedIn: "%Error: /somewhere/\(file.name):\(number + 1):3: no\n%Warning: top.sv:1:1: no")
        for fault in faults where named == [fault.number] {
          #expect(file.name == fault.file)
          let after = fault.after.hasPrefix("assign") ? String(fault.after.dropFirst(6)) : fault.after
          let connected = after.drop { $0 != "(" }
          #expect(line.contains(after) || line.contains(connected))
        }
      }
    }
    #expect(
      faults.allSatisfy { fault in
        planted.files.contains { $0.text.contains("planted_fault == \(fault.number))") }
      })
  }

  @Test("what it does not understand is an error with file and line")
  func notUnderstood() {
    #expect(throws: ScanError.self) {
      try FaultPlanter(files: [("a.sv", "module a (input logic b);\n  assign c = ;\n")], seed: 1)
    }
    #expect(throws: ScanError.self) { try FaultPlanter(files: [("a.sv", "nothing")], seed: 1) }
  }

  @Test("the list of equivalent faults is found by module and text")
  func equivalent() throws {
    let fault = try #require(try Self.all().first)
    let entry = EquivalentFaults.Entry(
      module: fault.module, before: fault.before, after: fault.after, reason: "because", shownBy: "proof")
    #expect(EquivalentFaults(entries: [entry])[fault]?.reason == "because")
    #expect(EquivalentFaults()[fault] == nil)
  }

  @Test("entries that the design cannot have are stale")
  func stale() throws {
    let planter = try FaultPlanter(files: design, seed: 1)
    func entry(_ module: String, _ before: String, _ after: String) -> EquivalentFaults.Entry {
      EquivalentFaults.Entry(module: module, before: before, after: after, reason: "", shownBy: "")
    }
    let known = EquivalentFaults(
      entries: try Self.all().map { entry($0.module, $0.before, $0.after) } + [
        entry("top", "count_q <= '0;", ";"), entry("counter", "count_q <= 8'd0;", ";"),
        entry("counter", "count_q <= '0;", "count_q <= 8'd7;"),
      ])
    #expect(known.stale(in: planter) == Array(known.entries.suffix(3)))
  }

  @Test("the committed list has no stale entry, and says of each how it was shown")
  func committedList() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let rtl = root.appending(path: "RTL/tiny")
    let files = try FileManager.default.contentsOfDirectory(atPath: rtl.path).sorted().map { name in
      (name: name, text: try String(contentsOf: rtl.appending(path: name), encoding: .utf8))
    }
    let known = try EquivalentFaults(contentsOf: root.appending(path: "Tests/Mutants/equivalent.json"))
    #expect(known.stale(in: try FaultPlanter(files: files, seed: 1)).isEmpty)
    #expect(known.entries.allSatisfy { !$0.reason.isEmpty && !$0.shownBy.isEmpty })
  }
}
