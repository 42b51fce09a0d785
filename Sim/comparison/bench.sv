// Drives the three emitted pipelines with one stimulus and random stalls, and compares all outputs with a model in every cycle.
module bench;
  localparam int Cycles = 20000;

  bit clk = 1'b0;
  bit rst = 1'b1;
  bit in_valid = 1'b0;
  bit out_ready = 1'b0;
  logic [63:0] in_data = '0;

  logic [2:0] in_ready, out_valid;
  logic [23:0] out_data[3];

  add_accumulate swift (
    .clk_i(clk), .rst_ni(!rst), .in_valid_i(in_valid), .in_ready_o(in_ready[0]), .in_data_i(in_data),
    .out_valid_o(out_valid[0]), .out_ready_i(out_ready), .out_data_o(out_data[0])
  );
  AddAccumulate circt (
    .clk, .rst, .in_valid, .in_ready(in_ready[1]), .in_data, .out_valid(out_valid[1]), .out_ready,
    .out_data(out_data[1])
  );
  add_accumulate_amaranth amaranth (
    .clk, .rst, .input__valid(in_valid), .input__ready(in_ready[2]), .input__payload(in_data),
    .output__valid(out_valid[2]), .output__ready(out_ready), .output__payload(out_data[2])
  );

  // What must come out: the running sums of the words that went in.
  logic signed [23:0] expected[$];
  logic signed [23:0] sum = '0;
  int words = 0;
  int mismatches = 0;

  always #5 clk = !clk;

  initial begin
    int seed;
    int phase;
    if (!$value$plusargs("seed=%d", seed)) seed = 1;
    void'($urandom(seed));
    repeat (3) @(negedge clk);
    rst = 1'b0;
    for (int cycle = 0; cycle < Cycles; cycle++) begin
      // The sender is now faster, now slower than the receiver; an offered word stays until it is taken.
      phase = (cycle / 100) % 3;
      if (!in_valid) begin
        in_valid = $urandom_range(3) >= (phase == 1 ? 3 : 1);
        in_data = {$urandom, $urandom};
      end
      out_ready = $urandom_range(3) >= (phase == 2 ? 3 : 1);
      #4;
      if (in_ready != {3{in_ready[0]}} || out_valid != {3{out_valid[0]}}) mismatches++;
      if (out_valid[0]) begin
        for (int k = 0; k < 3; k++) if (expected.size() == 0 || out_data[k] != expected[0]) mismatches++;
        if (out_ready) begin
          words++;
          void'(expected.pop_front());
        end
      end
      if (in_valid && in_ready[0]) begin
        for (int k = 0; k < 8; k++) sum = sum + 24'($signed(in_data[k*8 +: 8]));
        expected.push_back(sum);
      end
      @(posedge clk);
      #1 if (in_valid && accepted) in_valid = 1'b0;
      @(negedge clk);
    end
    $display("%0d cycles, seed %0d: %0d words, %0d mismatches", Cycles, seed, words, mismatches);
    if (mismatches != 0 || words < Cycles / 5) $fatal(1, "the pipelines differ");
    $finish;
  end

  // Whether the word on offer was taken at the last edge.
  bit accepted = 1'b0;
  always @(posedge clk) accepted <= in_valid && in_ready[0];
endmodule
