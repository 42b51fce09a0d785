import Foundation
import SetunMachine
import VerilatorBridge

/// A small hand-written `setun_core`: each of its channels reads twelve bursts, and channel 0's beats are shown on every
/// lane, so that the harness can be tested against times and digests computed here from the rules alone. Stream b's share of
/// a lane has every 32-bit word combined with b by exclusive or.
enum StandInCore {
  static let bursts = 12
  /// Bytes from one burst to the next.
  static let stride = 512

  /// Bytes from one channel's part of the image to the next.
  static let channelBytes = 8192

  static func beats(_ burst: Int, channel: Int = 0) -> Int { [4, 1, 7][(burst + channel) % 3] }
  /// ARID of a burst.
  static func id(_ burst: Int, channel: Int) -> Int { (burst + channel) & 3 }
  /// Of each channel.
  static var totalBeats: Int { (0..<bursts).reduce(0) { $0 + beats($1) } }

  /// Values of TOKEN_BUDGET that make its last channel break a rule.
  enum Misbehaviour: Int, CaseIterable, CustomStringConvertible {
    case wrongSize = 100
    case droppedValid = 101
    case pageCrossing = 102
    case notReady = 103
    case changedAddress = 104
    case wrongBurst = 105

    var description: String { complaint }

    var complaint: String {
      switch self {
      case .wrongSize: "ARSIZE"
      case .droppedValid: "ARVALID fell"
      case .pageCrossing: "crosses 4 KiB"
      case .notReady: "RREADY is low"
      case .changedAddress: "the request changed"
      case .wrongBurst: "ARBURST"
      }
    }
  }

  /// Writes the stand-in into a fresh directory under the temporary directory.
  static func write(beatBits: Int, channels: Int = 1, streams: Int = 1, defect: String = "") throws -> URL {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("setun-standin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let text = source.replacingOccurrences(of: "@W@", with: "\(beatBits)")
      .replacingOccurrences(of: "@N@", with: "\(channels)")
      .replacingOccurrences(of: "@B@", with: "\(streams)")
      .replacingOccurrences(of: "@LASTSTREAM@", with: "\(streams - 1)")
      .replacingOccurrences(of: "@SIZE@", with: "\((beatBits / 8).trailingZeroBitCount)")
      .replacingOccurrences(of: "@DEFECT@", with: defect)
    try text.write(to: directory.appendingPathComponent("setun_core.sv"), atomically: true, encoding: .utf8)
    return directory
  }

  /// Where the tests' models are cached: kept between runs, inside the package's build directory.
  static var cache: URL {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    return package.appendingPathComponent(".build/verilator")
  }

  static func model(
    beatBits: Int, channels: Int = 1, streams: Int = 1, options: VerilatorModel.Options = .init()
  ) throws -> VerilatorModel {
    let directory = try write(beatBits: beatBits, channels: channels, streams: streams)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try VerilatorModel.build(
      rtlDirectory: directory, beatBits: beatBits, channels: channels, streams: streams, options: options,
      cacheDirectory: cache)
  }

  /// An image of random bytes that covers every burst.
  static func image(seed: UInt64, channels: Int = 1) -> Data {
    var state = seed
    return Data(
      (0..<channels * channelBytes).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      })
  }

  static let source = """
    module setun_core (
      input  wire logic clk_i, input wire logic rst_ni,
      input  wire logic axil_awvalid_i, output logic axil_awready_o, input wire logic [15:0] axil_awaddr_i,
      input  wire logic axil_wvalid_i, output logic axil_wready_o, input wire logic [31:0] axil_wdata_i,
      input  wire logic [3:0] axil_wstrb_i,
      output logic axil_bvalid_o, input wire logic axil_bready_i, output logic [1:0] axil_bresp_o,
      input  wire logic axil_arvalid_i, output logic axil_arready_o, input wire logic [15:0] axil_araddr_i,
      output logic axil_rvalid_o, input wire logic axil_rready_i, output logic [31:0] axil_rdata_o,
      output logic [1:0] axil_rresp_o,
      output logic [@N@-1:0] axi_arvalid_o, input wire logic [@N@-1:0] axi_arready_i,
      output logic [@N@*40-1:0] axi_araddr_o, output logic [@N@*2-1:0] axi_arid_o, output logic [@N@*8-1:0] axi_arlen_o,
      output logic [@N@*3-1:0] axi_arsize_o, output logic [@N@*2-1:0] axi_arburst_o,
      input  wire logic [@N@-1:0] axi_rvalid_i, output logic [@N@-1:0] axi_rready_o,
      input  wire logic [@N@*@W@-1:0] axi_rdata_i, input wire logic [@N@*2-1:0] axi_rid_i,
      input  wire logic [@N@*2-1:0] axi_rresp_i, input wire logic [@N@-1:0] axi_rlast_i,
      output logic [@B@-1:0] logits_tvalid_o, input wire logic [@B@-1:0] logits_tready_i,
      output logic [@B@*32-1:0] logits_tdata_o, output logic [@B@-1:0] logits_tlast_o,
      output logic retire_start_o,
      output logic retire_load_valid_o, output logic retire_load_last_o, output logic [47:0] retire_load_tag_o,
      output logic [@N@*@W@-1:0] retire_load_data_o,
      output logic [@N@-1:0] retire_sums_valid_o, output logic retire_sums_last_o, output logic [47:0] retire_sums_tag_o,
      output logic [@N@*@B@*160-1:0] retire_sums_data_o,
      output logic retire_element_valid_o, output logic retire_element_last_o, output logic [47:0] retire_element_tag_o,
      output logic [@B@*128-1:0] retire_element_data_o,
      output logic retire_quantise_valid_o, output logic retire_quantise_last_o,
      output logic [47:0] retire_quantise_tag_o, output logic [@B@*@W@-1:0] retire_quantise_data_o,
      output logic retire_scale_valid_o, output logic retire_scale_last_o, output logic [47:0] retire_scale_tag_o,
      output logic [@B@*32-1:0] retire_scale_data_o,
      output logic [@B@-1:0] retire_token_valid_o, output logic [@B@*32-1:0] retire_token_data_o
    );
      // Control port: a write or read is taken when the response register is free.
      logic bvalid_q, rvalid_q, busy_q, error_q;
      logic [31:0] rdata_q, stride_q;
      logic [31:0] prompt_q [0:15], budget_q [0:15], window_q [0:15];
      logic [3:0] stream_q;
      logic [7:0] options_q;
      logic [63:0] base_q, cycles_q;
      logic [31:0] fifo_q [0:15];
      logic [4:0] write_q, read_q;
      logic take_write, take_read, start, tokens;
      assign take_write = axil_awvalid_i && axil_wvalid_i && !bvalid_q;
      assign take_read = axil_arvalid_i && !rvalid_q;
      assign axil_awready_o = take_write;
      assign axil_wready_o = take_write;
      assign axil_arready_o = take_read;
      assign axil_bvalid_o = bvalid_q;
      assign axil_bresp_o = 2'd0;
      assign axil_rvalid_o = rvalid_q;
      assign axil_rdata_o = rdata_q;
      assign axil_rresp_o = 2'd0;
      assign start = take_write && axil_awaddr_i == 16'h0010 && axil_wdata_i[0] && !busy_q;
      assign retire_start_o = start;
      assign tokens = write_q != read_q;

      // Each channel's requests, and its newest beat a cycle after it arrived.
      logic [@N@-1:0] valid_q, last_q, failed, ended;
      logic [@N@-1:0][@W@-1:0] data_q;
      logic [@N@-1:0][31:0] beat_q, done_q;
      for (genvar k = 0; k < @N@; ++k) begin : gen_channel
        localparam logic [3:0] Turn = 4'(k % 3);
        localparam logic [1:0] FirstID = 2'(k % 4);
        localparam logic IsWrong = k == @N@ - 1;
        logic arvalid_q, wait_q, take;
        logic [3:0] burst_q, place;
        logic [2:0] gap_q;
        logic [1:0] phase_q;
        logic [39:0] address;
        logic [31:0] next_q, fault;
        assign fault = IsWrong ? budget_q[0] : 32'd0;
        assign address = base_q[39:0] + 40'(k) * {8'd0, stride_q} + {27'd0, burst_q, 9'd0};
        assign place = (burst_q + Turn) % 4'd3;
        assign axi_arvalid_o[k] = arvalid_q && !(fault == 32'd101 && phase_q == 2'd1);
        assign axi_araddr_o[40*k+:40] = fault == 32'd102 ? address | 40'hfc0
                                      : fault == 32'd104 && phase_q == 2'd1 ? address + 40'd64 : address;
        assign axi_arid_o[2*k+:2] = burst_q[1:0] + FirstID;
        assign axi_arlen_o[8*k+:8] = fault == 32'd102 ? 8'd15 : place == 4'd0 ? 8'd3 : place == 4'd1 ? 8'd0 : 8'd6;
        assign axi_arsize_o[3*k+:3] = fault == 32'd100 ? 3'd0 : 3'd@SIZE@;
        assign axi_arburst_o[2*k+:2] = fault == 32'd105 ? 2'd2 : 2'd1;
        assign axi_rready_o[k] = fault != 32'd103 || wait_q;
        assign take = axi_rvalid_i[k] && axi_rready_o[k];
        assign failed[k] = take && axi_rresp_i[2*k+:2] != 2'd0;
        assign ended[k] = done_q[k] == 32'd12 || (valid_q[k] && last_q[k] && done_q[k] == 32'd11);
        always_ff @(posedge clk_i) begin
          phase_q <= arvalid_q && phase_q != 2'd2 ? phase_q + 2'd1 : phase_q;
          wait_q <= axi_rvalid_i[k] && !wait_q;
          if (arvalid_q && axi_arready_i[k]) begin
            burst_q <= burst_q + 4'd1;
            if (burst_q == 4'd11) arvalid_q <= 1'b0;
            else if (burst_q[0]) begin
              arvalid_q <= 1'b0;
              gap_q <= 3'd3;
            end
          end else if (gap_q != 3'd0) begin
            gap_q <= gap_q - 3'd1;
            if (gap_q == 3'd1) arvalid_q <= 1'b1;
          end
          valid_q[k] <= take;
          if (take) begin
            last_q[k] <= axi_rlast_i[k];
            data_q[k] <= axi_rdata_i[@W@*k+:@W@];
            beat_q[k] <= next_q;
            next_q <= next_q + 32'd1;
          end
          if (valid_q[k] && last_q[k]) done_q[k] <= done_q[k] + 32'd1;
          if (start) begin
            arvalid_q <= 1'b1;
            burst_q <= 4'd0;
            gap_q <= 3'd0;
            done_q[k] <= 32'd0;
            next_q <= 32'd0;
            phase_q <= 2'd0;
            data_q[k] <= '0;
          end
          if (!rst_ni) begin
            arvalid_q <= 1'b0; gap_q <= 3'd0; valid_q[k] <= 1'b0;
          end
        end
      end

      always_ff @(posedge clk_i) begin
        if (bvalid_q && axil_bready_i) bvalid_q <= 1'b0;
        if (rvalid_q && axil_rready_i) rvalid_q <= 1'b0;
        if (take_write) begin
          bvalid_q <= 1'b1;
          case (axil_awaddr_i)
            16'h0018: base_q[31:0] <= axil_wdata_i;
            16'h001c: base_q[63:32] <= axil_wdata_i;
            16'h0010: options_q <= axil_wdata_i[7:0];
            16'h0020: prompt_q[stream_q] <= axil_wdata_i;
            16'h0024: budget_q[stream_q] <= axil_wdata_i;
            16'h0040: stride_q <= axil_wdata_i;
            16'h0044: stream_q <= axil_wdata_i[3:0];
            16'h4000: window_q[stream_q] <= axil_wdata_i;
            default: ;
          endcase
        end
        if (take_read) begin
          rvalid_q <= 1'b1;
          case (axil_araddr_i)
            16'h0000: rdata_q <= 32'h4e544553;
            16'h0014: rdata_q <= {15'd0, tokens, 6'd0, busy_q ? 2'd0 : error_q ? 2'd2 : 2'd1, 7'd0, busy_q};
            16'h0010: rdata_q <= {24'd0, options_q};
            16'h0020: rdata_q <= prompt_q[stream_q];
            16'h0024: rdata_q <= budget_q[stream_q];
            16'h4000: rdata_q <= window_q[stream_q];
            16'h002c: begin
              rdata_q <= tokens ? {1'b1, fifo_q[read_q[3:0]][30:0]} : 32'd0;
              if (tokens) read_q <= read_q + 5'd1;
            end
            16'h0030: rdata_q <= cycles_q[31:0];
            16'h0034: rdata_q <= cycles_q[63:32];
            default: rdata_q <= 32'd0;
          endcase
        end
        if (busy_q) cycles_q <= cycles_q + 64'd1;
        if (|failed) error_q <= 1'b1;
        if (valid_q[0] && last_q[0]) begin
          fifo_q[write_q[3:0]] <= {4'd0, done_q[0][3:0] & 4'd@LASTSTREAM@, 9'd0, data_q[0][14:0]};
          write_q <= write_q + 5'd1;
        end
        if (&ended) busy_q <= 1'b0;
        if (start) begin
          busy_q <= 1'b1;
          error_q <= 1'b0;
          cycles_q <= 64'd1;
        end
        if (!rst_ni) begin
          bvalid_q <= 1'b0; rvalid_q <= 1'b0; busy_q <= 1'b0; error_q <= 1'b0; write_q <= 5'd0; read_q <= 5'd0;
          stride_q <= 32'd0; stream_q <= 4'd0; options_q <= 8'd0;
        end
      end

      for (genvar b = 0; b < @B@; ++b) begin : gen_stream
        assign logits_tvalid_o[b] = valid_q[0];
        assign logits_tdata_o[32*b+:32] = data_q[0][31:0] ^ 32'(b);
        assign logits_tlast_o[b] = last_q[0];
        for (genvar k = 0; k < @N@; ++k) begin : gen_sums
          assign retire_sums_data_o[160*(@B@*k+b)+:160] = {~data_q[k][31:0], data_q[k][127:0]} ^ {5{32'(b)}};
        end
        assign retire_element_data_o[128*b+:128] = data_q[0][127:0] ^ {4{32'(b)}};
        assign retire_quantise_data_o[@W@*b+:@W@] = ~data_q[0] ^ {@W@/32{32'(b)}};
        assign retire_scale_data_o[32*b+:32] = data_q[0][63:32] ^ 32'(b);
        assign retire_token_valid_o[b] = valid_q[0] && last_q[0] && (b == 0 || data_q[0][16+b]);
        assign retire_token_data_o[32*b+:32] = {17'd0, data_q[0][14:0]} ^ 32'(b);
      end
      assign retire_load_valid_o = valid_q[0];
      assign retire_load_last_o = last_q[0];
      assign retire_load_tag_o = {done_q[0][7:0], 8'h01, done_q[0]};
      assign retire_load_data_o = data_q;
      for (genvar k = 0; k < @N@; ++k) begin : gen_sums_valid
        assign retire_sums_valid_o[k] = valid_q[k] && !beat_q[k][0];
      end
      assign retire_sums_last_o = retire_sums_valid_o[0] && beat_q[0][1];
      assign retire_sums_tag_o = {beat_q[0][7:0], 8'h08, beat_q[0]};
      assign retire_element_valid_o = valid_q[0] && beat_q[0] % 32'd3 == 32'd0;
      assign retire_element_last_o = beat_q[0][0];
      assign retire_element_tag_o = {8'd0, 8'h04, beat_q[0]};
      assign retire_quantise_valid_o = valid_q[0] && last_q[0];
      assign retire_quantise_last_o = done_q[0][0];
      assign retire_quantise_tag_o = {8'd1, 8'h03, done_q[0]};
      assign retire_scale_valid_o = valid_q[0];
      assign retire_scale_last_o = beat_q[0] % 32'd5 == 32'd4;
      assign retire_scale_tag_o = {8'd2, 8'h03, beat_q[0]};

      logic unused_inputs;
      assign unused_inputs = &{1'b0, axil_wstrb_i, axi_rid_i, logits_tready_i, base_q[63:40]};
      @DEFECT@
    endmodule

    """
}
