/// What a port gets from its memory when it reads one address after the other and never waits by itself.
public struct Deliverable: Hashable, Sendable {
  /// Beats a cycle that port and data bus allow: at most 1.
  public var peak: Double
  /// Beats a cycle that arrived.
  public var delivered: Double
  /// The part of `peak` that refreshes cost, that opening rows costs besides, and the rest.
  public var refresh: Double
  public var rows: Double
  public var rest: Double
  /// Cycles from a lone request's handshake to its first beat: in an open row, a closed one, and where another is open.
  public var openRow: Int
  public var closedRow: Int
  public var otherRow: Int

  /// Delivered of what is possible.
  public var fraction: Double { delivered / peak }
}

extension MemoryChannel {
  /// Measures a sequential read, in bursts of the configuration's longest, each requested as early as the memory takes it.
  ///
  /// It covers 64 refreshes, or 65536 beats where nothing is refreshed. What refreshes and rows cost is the difference to
  /// the same read without them.
  public static func deliverable(_ model: MemoryModel, for configuration: Configuration, port: Int = 0) -> Deliverable {
    func rate(_ mode: MemoryModel.Mode, cycles: Int) -> Double {
      let model = MemoryModel(mode, latency: model.latency)
      return MemoryChannel(model, for: configuration, port: port).rate(cycles: cycles, configuration)
    }
    var result = Deliverable(
      peak: 1, delivered: 0, refresh: 0, rows: 0, rest: 0, openRow: model.latency, closedRow: model.latency,
      otherRow: model.latency)
    if case .dram(let timing) = model.mode {
      let portPeak = Double(configuration.beatBytes * configuration.clockMHz)
      result.peak = min(1, timing.peakMegabytesPerSecond / portPeak)
      let cycles = 64 * timing.tREFI * configuration.clockMHz / timing.clockMHz
      result.delivered = rate(model.mode, cycles: cycles)
      let unrefreshed = rate(.dram(timing.withoutRefresh), cycles: cycles)
      let open = rate(.dram(timing.withoutRefresh.withoutRows), cycles: cycles)
      result.refresh = (unrefreshed - result.delivered) / result.peak
      result.rows = (open - unrefreshed) / result.peak
      result.rest = (result.peak - open) / result.peak
      (result.openRow, result.closedRow, result.otherRow) = latencies(timing, configuration, port)
    } else {
      result.delivered = rate(model.mode, cycles: 65536)
      result.rest = 1 - result.delivered
    }
    return result
  }

  /// Beats a cycle over `cycles` cycles from the first beat on.
  private func rate(cycles: Int, _ configuration: Configuration) -> Double {
    var channel = self
    let bytes = configuration.burstBeats * configuration.beatBytes
    var (accepted, number, beats, begin, end) = (1, 0, 0, -1, 0)
    while begin < 0 || end - begin < cycles {
      accepted = channel.accept(visible: accepted + 1, address: number * bytes, beats: configuration.burstBeats)
      number += 1
      for _ in 0..<configuration.burstBeats {
        end = channel.nextBeat()
        if begin < 0 { begin = end }
        beats += 1
      }
    }
    return Double(beats) / Double(end - begin + 1)
  }

  /// Of lone requests, before the first refresh.
  private static func latencies(
    _ timing: DRAMTiming, _ configuration: Configuration, _ port: Int
  ) -> (open: Int, closed: Int, other: Int) {
    var channel = MemoryChannel(.dram(timing.withoutRefresh), for: configuration, port: port)
    var visible = 0
    func latency(_ address: Int) -> Int {
      // Long after the one before, and at the same phase of both clocks and of a shared bus.
      visible += 64 * configuration.clockMHz
      let accepted = channel.accept(visible: visible, address: address, beats: 1)
      return channel.nextBeat() - accepted
    }
    let closed = latency(0)
    return (latency(0), closed, latency(timing.rowStride))
  }
}
