// SPDX-License-Identifier: Apache-2.0
//
// Block RAM of the Lattice ECP5 for simulation: 1024 words of 18 bits with two ports, as FPGA-TN-02204 describes it.
//
// A port of 1, 2, 4 or 9 bits addresses one of 2048 bytes of nine bits, and with fewer than nine a part of its lower
// eight bits. A port of 18 or 36 bits takes two or four bytes, and the lowest bits of its address say which are written.
// 36 bits need both ports: A writes with DIB as the upper half, B reads with DOB as the upper half.
// What leaves while a port writes is its last word (NORMAL), the new one (WRITETHROUGH) or the old one (READBEFOREWRITE).
// Reset clears the output, whether the port is enabled or not, and keeps an enabled port from writing.
// A byte that is read on one port while the other writes it is undefined: it is the old one here, or its inverse where
// SPOIL_COLLISIONS is defined, which shows who relies on it.
// Modelled is what Yosys uses: no output register, rising clocks, always selected, no asynchronous reset. Anything else
// stops the simulation.

module DP16KD (
  input  DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1,
    DIA0,
  input  ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
  input  CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
  output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1,
    DOA0,
  input  DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1,
    DIB0,
  input  ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
  input  CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
  output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1,
    DOB0
);
  parameter DATA_WIDTH_A = 18;
  parameter DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG";
  parameter REGMODE_B = "NOREG";
  parameter RESETMODE = "SYNC";
  parameter ASYNC_RESET_RELEASE = "SYNC";
  parameter CSDECODE_A = "0b000";
  parameter CSDECODE_B = "0b000";
  parameter WRITEMODE_A = "NORMAL";
  parameter WRITEMODE_B = "NORMAL";
  parameter CLKAMUX = "CLKA";
  parameter CLKBMUX = "CLKB";
  parameter GSR = "ENABLED";
  parameter [319:0] INITVAL_00 = 320'h0;
  parameter [319:0] INITVAL_01 = 320'h0;
  parameter [319:0] INITVAL_02 = 320'h0;
  parameter [319:0] INITVAL_03 = 320'h0;
  parameter [319:0] INITVAL_04 = 320'h0;
  parameter [319:0] INITVAL_05 = 320'h0;
  parameter [319:0] INITVAL_06 = 320'h0;
  parameter [319:0] INITVAL_07 = 320'h0;
  parameter [319:0] INITVAL_08 = 320'h0;
  parameter [319:0] INITVAL_09 = 320'h0;
  parameter [319:0] INITVAL_0A = 320'h0;
  parameter [319:0] INITVAL_0B = 320'h0;
  parameter [319:0] INITVAL_0C = 320'h0;
  parameter [319:0] INITVAL_0D = 320'h0;
  parameter [319:0] INITVAL_0E = 320'h0;
  parameter [319:0] INITVAL_0F = 320'h0;
  parameter [319:0] INITVAL_10 = 320'h0;
  parameter [319:0] INITVAL_11 = 320'h0;
  parameter [319:0] INITVAL_12 = 320'h0;
  parameter [319:0] INITVAL_13 = 320'h0;
  parameter [319:0] INITVAL_14 = 320'h0;
  parameter [319:0] INITVAL_15 = 320'h0;
  parameter [319:0] INITVAL_16 = 320'h0;
  parameter [319:0] INITVAL_17 = 320'h0;
  parameter [319:0] INITVAL_18 = 320'h0;
  parameter [319:0] INITVAL_19 = 320'h0;
  parameter [319:0] INITVAL_1A = 320'h0;
  parameter [319:0] INITVAL_1B = 320'h0;
  parameter [319:0] INITVAL_1C = 320'h0;
  parameter [319:0] INITVAL_1D = 320'h0;
  parameter [319:0] INITVAL_1E = 320'h0;
  parameter [319:0] INITVAL_1F = 320'h0;
  parameter [319:0] INITVAL_20 = 320'h0;
  parameter [319:0] INITVAL_21 = 320'h0;
  parameter [319:0] INITVAL_22 = 320'h0;
  parameter [319:0] INITVAL_23 = 320'h0;
  parameter [319:0] INITVAL_24 = 320'h0;
  parameter [319:0] INITVAL_25 = 320'h0;
  parameter [319:0] INITVAL_26 = 320'h0;
  parameter [319:0] INITVAL_27 = 320'h0;
  parameter [319:0] INITVAL_28 = 320'h0;
  parameter [319:0] INITVAL_29 = 320'h0;
  parameter [319:0] INITVAL_2A = 320'h0;
  parameter [319:0] INITVAL_2B = 320'h0;
  parameter [319:0] INITVAL_2C = 320'h0;
  parameter [319:0] INITVAL_2D = 320'h0;
  parameter [319:0] INITVAL_2E = 320'h0;
  parameter [319:0] INITVAL_2F = 320'h0;
  parameter [319:0] INITVAL_30 = 320'h0;
  parameter [319:0] INITVAL_31 = 320'h0;
  parameter [319:0] INITVAL_32 = 320'h0;
  parameter [319:0] INITVAL_33 = 320'h0;
  parameter [319:0] INITVAL_34 = 320'h0;
  parameter [319:0] INITVAL_35 = 320'h0;
  parameter [319:0] INITVAL_36 = 320'h0;
  parameter [319:0] INITVAL_37 = 320'h0;
  parameter [319:0] INITVAL_38 = 320'h0;
  parameter [319:0] INITVAL_39 = 320'h0;
  parameter [319:0] INITVAL_3A = 320'h0;
  parameter [319:0] INITVAL_3B = 320'h0;
  parameter [319:0] INITVAL_3C = 320'h0;
  parameter [319:0] INITVAL_3D = 320'h0;
  parameter [319:0] INITVAL_3E = 320'h0;
  parameter [319:0] INITVAL_3F = 320'h0;

  // Sixteen words a parameter, each in 20 bits.
  localparam [20479:0] Contents = {INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A,
    INITVAL_39, INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31,
    INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
    INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F,
    INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16,
    INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F, INITVAL_0E, INITVAL_0D,
    INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08, INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04,
    INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00};

  reg [8:0] bytes [0:2047];
  reg [35:0] output_a = 36'h0;
  reg [35:0] output_b = 36'h0;

  wire [17:0] data_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0};
  wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [17:0] data_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0};
  wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};

  integer word;
  initial begin
    for (word = 0; word < 1024; word = word + 1) begin
      bytes[2*word] = Contents[20*word +: 9];
      bytes[2*word + 1] = Contents[20*word + 9 +: 9];
    end
    if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CSDECODE_A != "0b000" ||
        CSDECODE_B != "0b000" || CLKAMUX != "CLKA" || CLKBMUX != "CLKB") begin
      $display("DP16KD: a mode that is not modelled");
      $finish;
    end
  end

  // The first byte of an access, and one bit for each of the four bytes that it may write.
  function [10:0] first_byte(input integer width, input [13:0] address);
    first_byte = width == 36 ? {address[13:5], 2'b00} : width == 18 ? {address[13:4], 1'b0} : address[13:3];
  endfunction

  function [3:0] written(input integer width, input [13:0] address);
    written = width == 36 ? address[3:0] : width == 18 ? {2'b00, address[1:0]} : 4'b0001;
  endfunction

  // The bits of a byte that a narrow port has, and where they lie.
  function [8:0] mask(input integer width);
    mask = width == 1 ? 9'h001 : width == 2 ? 9'h003 : width == 4 ? 9'h00f : 9'h1ff;
  endfunction

  function [3:0] place(input integer width, input [13:0] address);
    place = width == 1 ? {1'b0, address[2:0]} : width == 2 ? {1'b0, address[2:1], 1'b0} :
        width == 4 ? {1'b0, address[2], 2'b00} : 4'd0;
  endfunction

  // Four bytes where a port has so many, less than it has where it is narrow.
  function [35:0] narrowed(input integer width, input [13:0] address, input [35:0] from);
    narrowed = width == 36 ? from : width == 18 ? {18'h0, from[17:0]} :
        {27'h0, (from[8:0] >> place(width, address)) & mask(width)};
  endfunction

  // A byte after a write of part of it.
  function [8:0] merged(input integer width, input [13:0] address, input [8:0] old, input [8:0] data);
    merged = (old & ~(mask(width) << place(width, address))) |
        ((data & mask(width)) << place(width, address));
  endfunction

  wire [10:0] first_a = first_byte(DATA_WIDTH_A, address_a);
  wire [10:0] first_b = first_byte(DATA_WIDTH_B, address_b);
  wire [3:0] written_a = CEA && WEA && !RSTA ? written(DATA_WIDTH_A, address_a) : 4'h0;
  wire [3:0] written_b = CEB && WEB && !RSTB ? written(DATA_WIDTH_B, address_b) : 4'h0;
  wire [35:0] all_data_a = {DATA_WIDTH_A == 36 ? data_b : 18'h0, data_a};
  wire [35:0] all_data_b = {18'h0, data_b};

  // The bytes of an access before it, and after.
  wire [35:0] old_a, old_b, spoilt_a, spoilt_b, new_a, new_b;
  for (genvar k = 0; k < 4; k = k + 1) begin : gen_byte
    wire [10:0] byte_a = first_a + k[10:0];
    wire [10:0] byte_b = first_b + k[10:0];
    wire [10:0] distance_ab = byte_a - first_b;
    wire [10:0] distance_ba = byte_b - first_a;
    assign old_a[9*k +: 9] = bytes[byte_a];
    assign old_b[9*k +: 9] = bytes[byte_b];
`ifdef SPOIL_COLLISIONS
    assign spoilt_a[9*k +: 9] = {9{distance_ab < 11'd4 && written_b[distance_ab[1:0]]}};
    assign spoilt_b[9*k +: 9] = {9{distance_ba < 11'd4 && written_a[distance_ba[1:0]]}};
`else
    assign spoilt_a[9*k +: 9] = 9'h0;
    assign spoilt_b[9*k +: 9] = 9'h0;
`endif
    assign new_a[9*k +: 9] = merged(DATA_WIDTH_A, address_a, old_a[9*k +: 9], all_data_a[9*k +: 9]);
    assign new_b[9*k +: 9] = merged(DATA_WIDTH_B, address_b, old_b[9*k +: 9], all_data_b[9*k +: 9]);

    always @(posedge CLKA) if (written_a[k]) bytes[byte_a] <= new_a[9*k +: 9];
    always @(posedge CLKB) if (written_b[k]) bytes[byte_b] <= new_b[9*k +: 9];
  end

  // What a port that writes gives: of a byte that is not written the old one in any mode.
  function [35:0] after(input [3:0] enables, input [35:0] old, input [35:0] written_data);
    after = {enables[3] ? written_data[35:27] : old[35:27], enables[2] ? written_data[26:18] : old[26:18],
             enables[1] ? written_data[17:9] : old[17:9], enables[0] ? written_data[8:0] : old[8:0]};
  endfunction

  always @(posedge CLKA) begin
    if (RSTA) begin
      output_a <= 36'h0;
    end else if (CEA) begin
      if (!WEA || WRITEMODE_A == "READBEFOREWRITE") begin
        output_a <= narrowed(DATA_WIDTH_A, address_a, old_a ^ spoilt_a);
      end else if (WRITEMODE_A == "WRITETHROUGH") begin
        output_a <= narrowed(DATA_WIDTH_A, address_a, after(written_a, old_a ^ spoilt_a, new_a));
      end
    end
  end

  always @(posedge CLKB) begin
    if (RSTB) begin
      output_b <= 36'h0;
    end else if (CEB) begin
      if (!WEB || WRITEMODE_B == "READBEFOREWRITE") begin
        output_b <= narrowed(DATA_WIDTH_B, address_b, old_b ^ spoilt_b);
      end else if (WRITEMODE_B == "WRITETHROUGH") begin
        output_b <= narrowed(DATA_WIDTH_B, address_b, after(written_b, old_b ^ spoilt_b, new_b));
      end
    end
  end

  always @(posedge RSTA or posedge RSTB) begin
    if (RESETMODE != "SYNC") begin
      $display("DP16KD: an asynchronous reset");
      $finish;
    end
  end

  // A port of 36 bits gives its lower half on the other's pins.
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0} = DATA_WIDTH_B == 36 ? output_b[17:0] : output_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
    DOB1, DOB0} = DATA_WIDTH_B == 36 ? output_b[35:18] : output_b[17:0];
endmodule
