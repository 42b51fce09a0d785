// SPDX-License-Identifier: Apache-2.0
// Generated from AddAccumulate.swift; configuration examples.
//
// Adds eight signed lanes in pairs, then the pairs, and accumulates: three stages, one word a cycle.

module add_accumulate (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               in_valid_i,
  output logic               in_ready_o,
  input  logic [63:0]        in_data_i,
  output logic               out_valid_o,
  input  logic               out_ready_i,
  output logic signed [23:0] out_data_o
);
  localparam int Pairs = 4;

  logic pair_valid_q, total_valid_q, sum_valid_q;
  logic signed [23:0] sum_q;
  logic signed [8:0] pair_q [Pairs];
  logic signed [10:0] total_q;

  // The stages move when the last one is empty or its word leaves.
  // AddAccumulate.swift:33
  assign in_ready_o = out_ready_i || !sum_valid_q;
  assign out_valid_o = sum_valid_q;
  assign out_data_o = sum_q;

  // AddAccumulate.swift:37
  for (genvar k = 0; k < Pairs; k++) begin : gen_pair
    always_ff @(posedge clk_i) begin
      if (in_ready_o) begin
        pair_q[k] <= 9'($signed(in_data_i[k*16 +: 8])) + 9'($signed(in_data_i[k*16 + 8 +: 8]));
      end
    end
  end

  // AddAccumulate.swift:42
  always_ff @(posedge clk_i) begin
    if (in_ready_o) total_q <= 11'(pair_q[0]) + 11'(pair_q[1]) + 11'(pair_q[2]) + 11'(pair_q[3]);
  end

  // AddAccumulate.swift:43
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pair_valid_q <= '0;
      total_valid_q <= '0;
      sum_valid_q <= '0;
      sum_q <= '0;
    end else if (in_ready_o) begin
      pair_valid_q <= in_valid_i;
      total_valid_q <= pair_valid_q;
      sum_valid_q <= total_valid_q;
      if (total_valid_q) sum_q <= sum_q + 24'(total_q);
    end
  end
endmodule
