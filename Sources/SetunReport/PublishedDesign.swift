/// A published result, as its source states it.
public struct PublishedDesign: Codable, Hashable, Sendable {
  public var design: String
  /// Where it is published.
  public var source: String
  public var model: String
  public var platform: String
  /// As published, with the number of streams.
  public var speed: String
  /// Tokens a second of all streams; nil where the source has none for a whole model.
  public var tokensPerSecond: Double?
  public var streams: Int?
  /// The source's own word: measured, projected, estimated or derived; "not stated" where it has none.
  public var obtained: String
  public var power: String?
  /// Tokens/s x bytes of weights a token reads / peak bandwidth; computed from the source's figures, not by it.
  public var ofRoofline: String?
  public var head: String
  /// The released size that its model has; nil for another model.
  public var size: ModelSize?

  /// The released sizes.
  public enum ModelSize: String, Codable, Hashable, Sendable {
    case small = "370M"
    case middle = "1.3B"
    case large = "2.7B"

    /// The released size of a shape; nil for any other.
    public init?(hiddenSize: Int, layers: Int, intermediateSize: Int) {
      switch (hiddenSize, layers, intermediateSize) {
      case (1024, 24, 2816): self = .small
      case (2048, 24, 5632): self = .middle
      case (2560, 32, 6912): self = .large
      default: return nil
      }
    }
  }

  /// Tokens a second of one stream.
  public var tokensPerSecondOfStream: Double? {
    tokensPerSecond.flatMap { all in streams.map { all / Double($0) } }
  }

  private static let paper = "Zhu et al., arXiv 2406.02528v1"
  private static let ternip = "Ternip; RTL public, tests and compiler not"
  private static let tereffic = "TerEffic v2; no code found"
  private static let neuromorphic = "Zhu et al., arXiv 2406.02528v6"

  /// The rows to compare with.
  public static let all: [PublishedDesign] = [
    PublishedDesign(
      design: "MatMul-free LM paper", source: paper, model: "one block, d 512",
      platform: "Stratix 10 D5005, 60 MHz, 8 bits a read", speed: "43 ms a block", obtained: "measured", power: "13 W",
      ofRoofline: "0.02 %", head: "no"),
    PublishedDesign(
      design: "MatMul-free LM paper", source: paper, model: "1.3B", platform: "D5005", speed: "23.8 (1)",
      tokensPerSecond: 23.8, streams: 1, obtained: "projected", power: "13 W", ofRoofline: "9.6 %", head: "no",
      size: .middle),
    PublishedDesign(
      design: "Ternip", source: ternip, model: "370M",
      platform: "Alveo U250, 4 x DDR4-2400, 76.8 GB/s, 300 MHz, 2-bit", speed: "3,712 (48), 77 a user",
      tokensPerSecond: 3712, streams: 48, obtained: "measured", power: "53 W, 14.4 mJ/token",
      ofRoofline: "7.8 % a user, 31 % traffic", head: "no", size: .small),
    PublishedDesign(
      design: "Ternip", source: ternip, model: "1.3B", platform: "the same", speed: "970 (41)", tokensPerSecond: 970,
      streams: 41, obtained: "measured", power: "53 W", ofRoofline: "9.6 % a user", head: "no", size: .middle),
    PublishedDesign(
      design: "Ternip", source: ternip, model: "2.7B", platform: "the same", speed: "411 (29), 14 a user",
      tokensPerSecond: 411, streams: 29, obtained: "measured", power: "52 W, 127 mJ/token", ofRoofline: "11.7 % a user",
      head: "no", size: .large),
    PublishedDesign(
      design: "matmulfree_KRIA", source: "Chisel; only the product in fabric", model: "370M",
      platform: "KV260, 4 x 128 bit at 250 MHz, 16 GB/s", speed: "30.6 (1), 43.8 (4)", tokensPerSecond: 30.6,
      streams: 1,
      obtained: "measured", ofRoofline: "16 %", head: "yes", size: .small),
    PublishedDesign(
      design: "TerEffic v2", source: tereffic, model: "370M", platform: "2 x U280, all on chip, 1.6-bit",
      speed: "16,300 (1)", tokensPerSecond: 16300, streams: 1, obtained: "not stated", power: "36 W",
      head: "not stated",
      size: .small),
    PublishedDesign(
      design: "TerEffic v2", source: tereffic, model: "2.7B", platform: "U280, HBM 460 GB/s, 1.6-bit", speed: "727",
      tokensPerSecond: 727, obtained: "not stated", power: "46 W", ofRoofline: "80 %", head: "not stated", size: .large),
    PublishedDesign(
      design: "Loihi 2, several chips", source: neuromorphic, model: "370M", platform: "on chip, asynchronous",
      speed: "59.4 (1)", tokensPerSecond: 59.4, streams: 1, obtained: "not stated", power: "4.2 W, 70.8 mJ/token",
      head: "not stated", size: .small),
    PublishedDesign(
      design: "Jetson Orin Nano", source: neuromorphic, model: "Qwen2-500M", platform: "fp16",
      speed: "13.4 to 14.1 (1)",
      tokensPerSecond: 13.4, streams: 1, obtained: "not stated", power: "785 to 912 mJ/token", ofRoofline: "20 %",
      head: "yes"),
    PublishedDesign(
      design: "Li et al.", source: "arXiv 2502.10659", model: "LLaMA2-7B, 4-bit", platform: "KV260, 19.2 GB/s",
      speed: "about 5 (1)", tokensPerSecond: 5, streams: 1, obtained: "not stated", ofRoofline: "85 %", head: "yes"),
    PublishedDesign(
      design: "llama-fpga", source: "llama-fpga", model: "LLaMA2-7B, 4-bit", platform: "U250, 76.8 GB/s",
      speed: "18 to 19 (1)", tokensPerSecond: 18, streams: 1, obtained: "not stated", ofRoofline: "84 %", head: "yes"),
    PublishedDesign(
      design: "TeLLMe v2", source: "arXiv 2510.15926", model: "BitNet 0.73B",
      platform: "KV260, 250 MHz, 98k LUT, 610 DSP",
      speed: "25 (1)", tokensPerSecond: 25, streams: 1, obtained: "not stated", power: "< 5 W", ofRoofline: "18 %",
      head: "on the CPU"),
    PublishedDesign(
      design: "ternfpga", source: "ternfpga; public, cocotb, CI", model: "BitNet 2B", platform: "Arty A7-35T, DDR3",
      speed: "about 0.3 (1)", tokensPerSecond: 0.3, streams: 1, obtained: "derived", power: "0.49 W estimated",
      ofRoofline: "12 to 14 %", head: "not stated"),
    PublishedDesign(
      design: "V100, fp16", source: "published baseline; its source names no more", model: "2.7B", platform: "900 GB/s",
      speed: "7.0 (1), 832 (128)", tokensPerSecond: 7, streams: 1, obtained: "not stated",
      power: "0.117 J/token at 128 streams", ofRoofline: "4 % (1)", head: "yes", size: .large),
  ]
}
