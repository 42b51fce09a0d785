// SPDX-License-Identifier: Apache-2.0
// Generated from FIRFilter.swift; configuration examples.
//
// Filter of 7 taps over samples of 12 bits, one word a cycle, latency 1; nothing is rounded.
// Coefficients, that of the newest sample first: -3, 0, 19, 32, 19, 0, -3.

module low_pass_fir (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               in_valid_i,
  output logic               in_ready_o,
  input  logic signed [11:0] in_data_i,
  output logic               out_valid_o,
  input  logic               out_ready_i,
  output logic signed [18:0] out_data_o
);
  logic valid_q;
  logic signed [18:0] sum_0_q, sum_1_q, sum_2_q;
  logic signed [17:0] sum_3_q;
  logic signed [16:0] sum_4_q;
  logic signed [13:0] sum_5_q, sum_6_q;

  // FIRFilter.swift:52
  logic moves;
  assign moves = out_ready_i || !valid_q;

  // FIRFilter.swift:53
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else if (moves) begin
      valid_q <= in_valid_i;
    end
  end

  // FIRFilter.swift:58
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sum_0_q <= '0;
      sum_1_q <= '0;
      sum_2_q <= '0;
      sum_3_q <= '0;
      sum_4_q <= '0;
      sum_5_q <= '0;
      sum_6_q <= '0;
    end else if (in_valid_i && moves) begin
      sum_0_q <= 19'(in_data_i) * -19'sd3 + sum_1_q;
      sum_1_q <= sum_2_q;
      sum_2_q <= 19'(in_data_i) * 19'sd19 + 19'(sum_3_q);
      sum_3_q <= 18'(in_data_i) * 18'sd32 + 18'(sum_4_q);
      sum_4_q <= 17'(in_data_i) * 17'sd19 + 17'(sum_5_q);
      sum_5_q <= sum_6_q;
      sum_6_q <= 14'(in_data_i) * -14'sd3;
    end
  end

  // FIRFilter.swift:66
  assign in_ready_o = moves;
  assign out_valid_o = valid_q;
  assign out_data_o = sum_0_q;
endmodule
