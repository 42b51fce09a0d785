/// A family of devices: what its memories look like, and what a synthesis of it is called.
public enum Fabric: String, Hashable, Sendable, Codable, CaseIterable {
  /// AMD UltraScale+: LUTs of six inputs, RAMB18E2 (a RAMB36E2 counts as two), URAM288, DSP48E2.
  case ultraScalePlus = "ultrascale-plus"
  /// Lattice ECP5: LUTs of four inputs, DP16KD of 18 Kb, MULT18X18D.
  case ecp5
  /// Intel Stratix 10: adaptive logic modules, M20K, DSP blocks. Not synthesised here: an ALM is taken to hold one LUT of
  /// six inputs and its flip-flops, and a DSP block what a DSP48E2 does, both of which it can.
  case stratix10 = "stratix-10"

  /// The fabric whose measured synthesis stands for this one.
  var measured: Fabric { self == .stratix10 ? .ultraScalePlus : self }

  /// The synthesis command of Yosys for this fabric, without its top module.
  ///
  /// - Returns: nil where the estimate does not rest on a synthesis of its own.
  public var synthesis: String? {
    switch self {
    case .ultraScalePlus: "synth_xilinx -family xcup -noiopad -noclkbuf"
    case .ecp5: "synth_ecp5 -noflatten"
    case .stratix10: nil
    }
  }

  /// Widths in bits of a block RAM with one write and one read port, by its words.
  private var blockWidths: [(words: Int, bits: Int)] {
    switch self {
    // AMD UG573, simple dual port.
    case .ultraScalePlus: [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)]
    // Lattice FPGA-TN-02204, pseudo dual port.
    case .ecp5: [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)]
    // Intel UG-S10MEMORY, simple dual port.
    case .stratix10: [(512, 40), (1024, 20), (2048, 10)]
    }
  }

  /// Block RAMs of a memory: of the arrangements of equal blocks, the smallest.
  package func blockRAMs(width: Int, depth: Int) -> Int {
    blockWidths.map { shape in
      Self.parts(width, shape.bits) * Self.parts(depth, shape.words)
    }.min() ?? 0
  }

  /// LUTs of a small memory of at most 64 words with one write and one read port.
  func memoryLUTs(width: Int, depth: Int) -> Int {
    switch self {
    // Eight LUTs hold 14 bits of 32 words (RAM32M16), or 7 of 64 (RAM64M8).
    case .ultraScalePlus: 8 * (depth <= 32 ? Self.parts(width, 14) : Self.parts(width, 7))
    // Four LUTs and the two of their write port hold 4 bits of 16 words (TRELLIS_DPR16X4).
    case .ecp5: 6 * Self.parts(width, 4) * Self.parts(depth, 16)
    // An MLAB of ten modules holds 20 bits of 32 words.
    case .stratix10: 10 * Self.parts(width, 20) * Self.parts(depth, 32)
    }
  }

  /// LUTs that select the output of a small memory that consists of several in depth; elsewhere it reads 64 words at once.
  func selectionLUTs(width: Int, depth: Int) -> Int {
    guard self == .ecp5 else { return 0 }
    // A bit's multiplexer has three inputs for two memories, five for three and six for four, made of LUTs of four.
    return width * [0, 0, 1, 2, 4][min(4, Self.parts(depth, 16))]
  }

  /// UltraRAMs of a memory.
  static func ultraRAMs(width: Int, depth: Int) -> Int { parts(width, 72) * parts(depth, 4096) }

  private static func parts(_ whole: Int, _ part: Int) -> Int { (whole + part - 1) / part }
}
