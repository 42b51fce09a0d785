import HardwareDescription
import Testing

/// What accompanies a row of a matrix.
struct RowTag: HardwareBundle {
  var valid = Bit.field()
  var index: Unsigned
  var offset = Signed.field(width: 3)

  init(indexBits: Int) { index = .field(width: indexBits) }

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field("index", &index)
    field("offset", &offset)
  }
}

/// A bundle in a bundle, with a field that runs against the others.
struct Request: HardwareBundle {
  var row: RowTag
  var ready = Bit.field()

  init(indexBits: Int) { row = RowTag(indexBits: indexBits) }

  mutating func forEachField(_ field: FieldVisitor) {
    field("row", &row)
    field.flipped("ready", &ready)
  }
}

/// The example of the library's page: one register, which `hold` keeps.
struct RowHold: HardwareModule {
  var indexBits: Int
  var moduleName: String { "row_hold_\(indexBits)" }
  var documentation: String { "A row, kept while `hold` is 1." }

  func build(_ m: ModuleBuilder) {
    let hold = m.input("hold", Bit.self)
    let row = m.input("row", RowTag(indexBits: indexBits))
    let kept = m.register("kept", row.shape)
    kept.next(hold.select(kept, row))
    m.output("held", kept)
  }
}

/// An instance between bundles.
struct RowPath: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let row = m.input("row", RowTag(indexBits: 4))
    let hold = m.instance("u_hold", RowHold(indexBits: 4))
    hold.connect("hold", m.input("hold", Bit.self))
    hold.connect("row", row)
    var next = hold.output("held", RowTag(indexBits: 4))
    next.index = next.index &+ 1
    m.output("next", m.registered("next", next))
  }
}

/// Every other use of a bundle: nested, flipped, delayed, staged.
private struct BundleTour: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.input("source", Request(indexBits: 4))
    let sink = m.output("sink", Request(indexBits: 4))
    let late = m.instance("u_passes", RequestPasses())
    late.connect("in", source)
    let passed = late.output("out", Request(indexBits: 4))
    sink.drive(passed)
    let pipeline = m.pipeline("tour", valid: source.row.valid)
    let staged = pipeline.input(source.row).registered("first")
    m.output("staged", staged.aligned(to: 3))
    m.output("late", m.delayed("late", m.wire("copy", source.row), by: 4))
  }
}

private struct RequestPasses: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.input("in", Request(indexBits: 4))
    m.output("out", Request(indexBits: 4)).drive(source)
  }
}

@Suite struct BundleTests {
  @Test func aBundleIsFlattenedOntoPortsAndRegisters() throws {
    let elaboration = Elaborator().run(RowPath())
    #expect(elaboration.diagnostics == [])
    let texts = try elaboration.systemVerilog(configuration: "example").map(\.text)
    #expect(texts.joined() == Self.text)
  }

  @Test func everyFrontEndAcceptsTheText() throws {
    for (design, top) in [(RowPath() as any HardwareModule, "row_path"), (BundleTour(), "bundle_tour")] {
      #expect(Elaborator().run(design).diagnostics == [])
      try Tools.withDirectory { directory in
        let files = try Tools.emit(design, to: directory)
        #expect(try Tools.complaints(about: files, top: top, in: directory) == [])
      }
    }
  }

  @Test func fieldsTravelTogether() throws {
    let cycles = (0..<12).map { (cycle: Int) -> [String: UInt64] in
      let valid: UInt64 = cycle % 3 == 0 ? 1 : 0
      return [
        "source_row_valid": valid, "source_row_index": UInt64(cycle), "source_row_offset": UInt64(7 - cycle % 8),
        "sink_ready": UInt64(cycle % 2),
      ]
    }
    let outputs = try ClockedBench.run(BundleTour(), cycles)
    try #require(outputs.count == 12)
    for (cycle, output) in outputs.enumerated() {
      #expect(output["source_ready"] == String(cycle % 2))
      #expect(output["sink_row_index"] == String(cycle, radix: 16))
      for (name, delay) in [("staged", 3), ("late", 4)] {
        // Before the first row arrives, only the field with a reset is known.
        let source = cycle - delay
        #expect(output["\(name)_valid"] == (source >= 0 && source % 3 == 0 ? "1" : "0"))
        guard source >= 0 else { continue }
        #expect(output["\(name)_index"] == String(source, radix: 16))
        #expect(output["\(name)_offset"] == String(7 - source % 8, radix: 16))
      }
    }
  }

  static let text = """
    // SPDX-License-Identifier: Apache-2.0
    // Generated from BundleTests.swift; configuration example.
    //
    // A row, kept while `hold` is 1.

    module row_hold_4 (
      input  logic              clk_i,
      input  logic              rst_ni,
      input  logic              hold_i,
      input  logic              row_valid_i,
      input  logic [3:0]        row_index_i,
      input  logic signed [2:0] row_offset_i,
      output logic              held_valid_o,
      output logic [3:0]        held_index_o,
      output logic signed [2:0] held_offset_o
    );
      logic kept_valid_q;
      logic [3:0] kept_index_q;
      logic signed [2:0] kept_offset_q;

      // BundleTests.swift:42
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          kept_valid_q <= '0;
        end else begin
          kept_valid_q <= hold_i ? kept_valid_q : row_valid_i;
        end
      end

      always_ff @(posedge clk_i) begin
        kept_index_q <= hold_i ? kept_index_q : row_index_i;
        kept_offset_q <= hold_i ? kept_offset_q : row_offset_i;
      end

      // BundleTests.swift:43
      assign held_valid_o = kept_valid_q;
      assign held_index_o = kept_index_q;
      assign held_offset_o = kept_offset_q;
    endmodule
    // SPDX-License-Identifier: Apache-2.0
    // Generated from BundleTests.swift; configuration example.

    module row_path (
      input  logic              clk_i,
      input  logic              rst_ni,
      input  logic              row_valid_i,
      input  logic [3:0]        row_index_i,
      input  logic signed [2:0] row_offset_i,
      input  logic              hold_i,
      output logic              next_valid_o,
      output logic [3:0]        next_index_o,
      output logic signed [2:0] next_offset_o
    );
      logic next_valid_q;
      logic [3:0] next_index_q;
      logic signed [2:0] next_offset_q;

      // BundleTests.swift:51
      logic hold_held_valid;
      logic [3:0] hold_held_index;
      logic signed [2:0] hold_held_offset;
      row_hold_4 u_hold (
        .clk_i,
        .rst_ni,
        .hold_i,
        .row_valid_i,
        .row_index_i,
        .row_offset_i,
        .held_valid_o  (hold_held_valid),
        .held_index_o  (hold_held_index),
        .held_offset_o (hold_held_offset)
      );

      // BundleTests.swift:56
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          next_valid_q <= '0;
        end else begin
          next_valid_q <= hold_held_valid;
        end
      end

      always_ff @(posedge clk_i) begin
        next_index_q <= hold_held_index + 4'd1;
        next_offset_q <= hold_held_offset;
      end

      assign next_valid_o = next_valid_q;
      assign next_index_o = next_index_q;
      assign next_offset_o = next_offset_q;
    endmodule

    """
}
