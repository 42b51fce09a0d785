// SPDX-License-Identifier: Apache-2.0
// Generated from UARTTransmitter.swift; configuration examples.
//
// Serial transmitter, 8N1: start bit, eight data bits with the lowest first, stop bit; 16 cycles a bit.

module uart_transmitter_16 (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       in_valid_i,
  output logic       in_ready_o,
  input  logic [7:0] in_data_i,
  output logic       tx_o
);
  logic [8:0] frame_d, frame_q;
  logic [3:0] bits_left_d, bits_left_q;
  logic [3:0] timer_d, timer_q;

  // UARTTransmitter.swift:27
  logic is_idle;
  assign is_idle = bits_left_q == 4'd0;

  // UARTTransmitter.swift:28
  always_comb begin
    frame_d = frame_q;
    bits_left_d = bits_left_q;
    timer_d = timer_q;
    if (is_idle) begin
      if (in_valid_i) begin
        frame_d = {in_data_i, 1'b0};
        bits_left_d = 4'd10;
        timer_d = 4'd15;
      end
    end else if (timer_q != 4'd0) begin
      timer_d = timer_q - 4'd1;
    end else begin
      frame_d = {1'b1, frame_q[8:1]};
      bits_left_d = bits_left_q - 4'd1;
      timer_d = 4'd15;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      frame_q <= '1;
      bits_left_q <= '0;
    end else begin
      frame_q <= frame_d;
      bits_left_q <= bits_left_d;
    end
  end

  always_ff @(posedge clk_i) begin
    timer_q <= timer_d;
  end

  // UARTTransmitter.swift:41
  assign in_ready_o = is_idle;

  // The bit on the line is the lowest of the frame; ones move in behind it and keep the idle line high.
  // UARTTransmitter.swift:43
  assign tx_o = frame_q[0];
endmodule
