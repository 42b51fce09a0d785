// SPDX-License-Identifier: Apache-2.0
// A model of the ECP5's PLL for simulators: the clock passes as it is, whatever the dividers say, and the PLL locks after
// eight cycles. Only the parameters and ports that Setun's boards connect; most have no effect here.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module EHXPLLL #(
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED",
  parameter STDBY_ENABLE = "DISABLED",
  parameter DPHASE_SOURCE = "DISABLED",
  parameter OUTDIVIDER_MUXA = "DIVA",
  parameter OUTDIVIDER_MUXB = "DIVB",
  parameter OUTDIVIDER_MUXC = "DIVC",
  parameter OUTDIVIDER_MUXD = "DIVD",
  parameter CLKOP_ENABLE = "ENABLED",
  parameter FEEDBK_PATH = "CLKOP",
  parameter int CLKI_DIV = 1,
  parameter int CLKFB_DIV = 1,
  parameter int CLKOP_DIV = 8,
  parameter int CLKOP_CPHASE = 0,
  parameter int CLKOP_FPHASE = 0
) (
  input  logic RST,
  input  logic STDBY,
  input  logic PHASESEL0,
  input  logic PHASESEL1,
  input  logic PHASEDIR,
  input  logic PHASESTEP,
  input  logic PHASELOADREG,
  input  logic PLLWAKESYNC,
  input  logic ENCLKOP,
  input  logic CLKI,
  input  logic CLKFB,
  output logic CLKOP,
  output logic LOCK
);
  logic [3:0] cycles_q = '0;

  always_ff @(posedge CLKI) begin
    if (!LOCK) cycles_q <= cycles_q + 4'd1;
  end

  assign CLKOP = CLKI;
  assign LOCK = cycles_q[3];
endmodule
