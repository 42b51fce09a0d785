// SPDX-License-Identifier: Apache-2.0
// Generated from UART.swift; configuration examples.
//
// Serial port, 8N1, 16 cycles a bit, with a FIFO of 16 bytes in each direction.

module uart_16_16 (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       send_valid_i,
  output logic       send_ready_o,
  input  logic [7:0] send_data_i,
  output logic       received_valid_o,
  input  logic       received_ready_i,
  output logic [7:0] received_data_o,
  input  logic       rx_i,
  output logic       tx_o,
  // Kept until they are cleared.
  output logic       framing_error_o,
  output logic       overrun_o,
  input  logic       clear_errors_i
);
  logic bad_stop_q, lost_byte_q;

  // UART.swift:35
  logic send_fifo_out_ready;

  logic send_fifo_out_valid;
  logic [7:0] send_fifo_out_data;
  distributed_fifo_8x16 u_send_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i  (send_valid_i),
    .in_ready_o  (send_ready_o),
    .in_data_i   (send_data_i),
    .out_valid_o (send_fifo_out_valid),
    .out_ready_i (send_fifo_out_ready),
    .out_data_o  (send_fifo_out_data)
  );

  // UART.swift:34
  uart_transmitter_16 u_transmitter (
    .clk_i,
    .rst_ni,
    .in_valid_i (send_fifo_out_valid),
    .in_ready_o (send_fifo_out_ready),
    .in_data_i  (send_fifo_out_data),
    .tx_o
  );

  // UART.swift:40
  logic receiver_out_ready;

  // UART.swift:38
  logic receiver_out_valid;
  logic [7:0] receiver_out_data;
  logic receiver_framing_error;
  logic receiver_overrun;
  uart_receiver_16 u_receiver (
    .clk_i,
    .rst_ni,
    .rx_i,
    .out_valid_o     (receiver_out_valid),
    .out_ready_i     (receiver_out_ready),
    .out_data_o      (receiver_out_data),
    .framing_error_o (receiver_framing_error),
    .overrun_o       (receiver_overrun)
  );

  // UART.swift:41
  logic receive_fifo_out_ready;

  distributed_fifo_8x16 u_receive_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i  (receiver_out_valid),
    .in_ready_o  (receiver_out_ready),
    .in_data_i   (receiver_out_data),
    .out_valid_o (received_valid_o),
    .out_ready_i (receive_fifo_out_ready),
    .out_data_o  (received_data_o)
  );

  assign receive_fifo_out_ready = received_ready_i;

  // UART.swift:45
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bad_stop_q <= '0;
      lost_byte_q <= '0;
    end else begin
      if (clear_errors_i) begin
        bad_stop_q <= 1'b0;
        lost_byte_q <= 1'b0;
      end
      if (receiver_framing_error) bad_stop_q <= 1'b1;
      if (receiver_overrun) lost_byte_q <= 1'b1;
    end
  end

  // UART.swift:51
  assign framing_error_o = bad_stop_q;
  assign overrun_o = lost_byte_q;
endmodule
