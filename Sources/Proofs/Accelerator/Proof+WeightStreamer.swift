import HardwareFormal
import SetunCore
import SetunMachine

extension Proof {
  /// The streamer's list, and how it cuts items into bursts, for any image, any run and any memory.
  public static func weightStreamer(_ configuration: Configuration) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(
      WeightStreamer(configuration: configuration),
      remark: "FIFO of \(configuration.fifoBeats) beats, bursts of \(configuration.burstBeats)")
    harness.add(StreamProperties([addressChannel]).part)
    harness.add(StreamerProperties(configuration, streamer: harness.module).part)
    harness.lookBack = 1
    harness.depth = 14 + configuration.fifoBeats / configuration.burstBeats
    return harness
  }

  /// The read address channel as a stream.
  private static let addressChannel = StreamPorts(
    name: "axi_ar", direction: .output, valid: "axi_arvalid_o", ready: "axi_arready_i",
    payload: ["axi_araddr_o", "axi_arid_o", "axi_arlen_o", "axi_arsize_o", "axi_arburst_o"])
}
