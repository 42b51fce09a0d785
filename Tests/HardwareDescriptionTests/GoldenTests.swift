import HardwareDescription
import Testing

/// The accumulator of the library's introduction.
struct Accumulator: HardwareModule {
  var width: Int
  var moduleName: String { "accumulator_\(width)" }
  var documentation: String { "Adds every valid sample; `clear` starts again." }

  func build(_ m: ModuleBuilder) {
    let valid = m.input("valid", Bit.self)
    let clear = m.input("clear", Bit.self)
    let sample = m.input("sample", Signed.self, width: width)
    let total = m.register("total", Signed.self, width: width + 8, reset: 0)

    m.when(clear) {
      total.next(0)
    }.elseWhen(valid) {
      m.comment("The range is enough for 256 samples.")
      total.next(total &+ sample)
    }
    m.output("total", total)
  }
}

@Suite struct GoldenTests {
  @Test func theTextIsExactlyThis() throws {
    let files = try Elaborator().run(Accumulator(width: 8)).systemVerilog(configuration: "example")
    #expect(files.map(\.name) == ["accumulator_8.sv"])
    #expect(
      files.first?.text == """
        // SPDX-License-Identifier: Apache-2.0
        // Generated from GoldenTests.swift; configuration example.
        //
        // Adds every valid sample; `clear` starts again.

        module accumulator_8 (
          input  logic               clk_i,
          input  logic               rst_ni,
          input  logic               valid_i,
          input  logic               clear_i,
          input  logic signed [7:0]  sample_i,
          output logic signed [15:0] total_o
        );
          logic signed [15:0] total_d, total_q;

          // GoldenTests.swift:16
          always_comb begin
            total_d = total_q;
            if (clear_i) begin
              total_d = 16'sd0;
            end else if (valid_i) begin
              // The range is enough for 256 samples.
              total_d = total_q + 16'(sample_i);
            end
          end

          always_ff @(posedge clk_i or negedge rst_ni) begin
            if (!rst_ni) begin
              total_q <= '0;
            end else begin
              total_q <= total_d;
            end
          end

          // GoldenTests.swift:22
          assign total_o = total_q;
        endmodule

        """)
  }
}
