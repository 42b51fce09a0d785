// SPDX-License-Identifier: Apache-2.0
// Generated from UARTReceiver.swift; configuration examples.
//
// Serial receiver, 8N1: start bit, eight data bits with the lowest first, stop bit; 16 cycles a bit.
// Bits are sampled in their middle. A bad stop bit loses the byte, and so does a byte that nobody has taken in time.

module uart_receiver_16 (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       rx_i,
  output logic       out_valid_o,
  input  logic       out_ready_i,
  output logic [7:0] out_data_o,
  // For one cycle each.
  output logic       framing_error_o,
  output logic       overrun_o
);
  typedef enum logic [2:0] {
    PhaseIdle = 3'd0,
    PhaseStart = 3'd1,
    PhaseData = 3'd2,
    PhaseStop = 3'd3,
    PhaseRecovery = 3'd4
  } phase_e;

  phase_e phase_d, phase_q;
  logic [3:0] timer_d, timer_q;
  logic [2:0] bits_left_d, bits_left_q;
  logic [7:0] shift_d, shift_q;
  logic valid_q;
  logic [7:0] data_q;
  logic bad_stop_q, lost_byte_q;

  // UARTReceiver.swift:35
  (* async_reg = "true" *)
  logic [1:0] line_sync_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      line_sync_q <= '1;
    end else begin
      line_sync_q <= {line_sync_q[0], rx_i};
    end
  end

  // UARTReceiver.swift:41
  logic is_middle;
  assign is_middle = timer_q == 4'd0;

  // UARTReceiver.swift:42
  always_comb begin
    phase_d = phase_q;
    timer_d = timer_q;
    bits_left_d = bits_left_q;
    shift_d = shift_q;
    if (!is_middle) timer_d = timer_q - 4'd1;
    case (phase_q)
      PhaseIdle: begin
        if (!line_sync_q[1]) begin
          timer_d = 4'd7;
          phase_d = PhaseStart;
        end
      end
      PhaseStart: begin
        if (is_middle) begin
          timer_d = 4'd15;
          bits_left_d = 3'd7;
          if (line_sync_q[1]) begin
            phase_d = PhaseIdle;
          end else begin
            phase_d = PhaseData;
          end
        end
      end
      PhaseData: begin
        if (is_middle) begin
          timer_d = 4'd15;
          shift_d = {line_sync_q[1], shift_q[7:1]};
          bits_left_d = bits_left_q - 3'd1;
          if (bits_left_q == 3'd0) phase_d = PhaseStop;
        end
      end
      PhaseStop: begin
        if (is_middle) begin
          if (line_sync_q[1]) begin
            phase_d = PhaseIdle;
          end else begin
            phase_d = PhaseRecovery;
          end
        end
      end
      PhaseRecovery: begin
        if (line_sync_q[1]) phase_d = PhaseIdle;
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= PhaseIdle;
    end else begin
      phase_q <= phase_d;
    end
  end

  always_ff @(posedge clk_i) begin
    timer_q <= timer_d;
    bits_left_q <= bits_left_d;
    shift_q <= shift_d;
  end

  // UARTReceiver.swift:70
  logic ends;
  assign ends = (phase_q == PhaseStop) && is_middle;
  logic arrives;
  assign arrives = ends && line_sync_q[1];
  logic has_room;
  assign has_room = !valid_q || out_ready_i;

  // UARTReceiver.swift:75
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else if (has_room) begin
      valid_q <= arrives;
    end
  end

  // UARTReceiver.swift:76
  always_ff @(posedge clk_i) begin
    if (has_room) data_q <= shift_q;
  end

  // UARTReceiver.swift:77
  assign out_valid_o = valid_q;
  assign out_data_o = data_q;

  // UARTReceiver.swift:79
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bad_stop_q <= '0;
    end else begin
      bad_stop_q <= ends && !line_sync_q[1];
    end
  end

  assign framing_error_o = bad_stop_q;

  // UARTReceiver.swift:80
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lost_byte_q <= '0;
    end else begin
      lost_byte_q <= arrives && !has_room;
    end
  end

  assign overrun_o = lost_byte_q;
endmodule
