import SetunMachine

/// Within how many cycles the core is idle, whatever its image holds (architecture, section 5).
public struct CycleBound: Sendable {
  public let configuration: Configuration
  /// Cycles from an accepted request to its first beat.
  public var latency: Int
  /// The longest wait for ARREADY, and of a beat beyond its earliest cycle.
  public var addressStall: Int
  public var dataStall: Int
  /// The longest time for which LOGITS_TREADY stays low.
  public var logitsStall: Int

  public init(_ configuration: Configuration, memory: MemoryModel, logitsStall: Int = 15) {
    self.configuration = configuration
    switch memory.mode {
    case .ideal, .onChip: (latency, addressStall, dataStall) = (memory.latency, 0, 0)
    case .random: (latency, addressStall, dataStall) = (memory.latency, 15, 15)
    case .dram(let timing):
      // The wait for earlier bursts is counted where these are. Every burst may meet a refresh and another open row.
      func cycles(_ clocks: Int) -> Int { clocks * configuration.clockMHz / timing.clockMHz + 2 }
      let row = timing.tRC + timing.tRP + timing.tRCD + timing.tRRDL + timing.tFAW
      let turn = timing.tCCDL + timing.rankSwitch + 2 * timing.burstClocks * timing.sharingPorts
      let burst = timing.tRP + timing.tRFC + row + turn
      latency = cycles(timing.requestLatency + burst + timing.readLatency + timing.responseLatency)
      addressStall = 1
      dataStall = cycles(burst * max(1, configuration.beatBytes / timing.burstBytes))
    }
    self.logitsStall = logitsStall
  }

  /// One burst, from its decision to its last beat, for `beats` beats that nothing else shares.
  private func bursts(_ beats: Int) -> Int {
    let count = beats / configuration.burstBeats + 2
    return count * (2 + addressStall + latency) + beats * (1 + dataStall)
  }

  /// Beats of the longest embedding row.
  private var embeddingBeats: Int { configuration.vectorBeats(of: configuration.hiddenCapacity) }

  /// From whatever stops a run to idle: requests that are up, all beats under way, the pipelines.
  public var stop: Int {
    let beats = configuration.fifoBeats + embeddingBeats
    let otherRows = (configuration.streams - 1) * bursts(embeddingBeats)
    return bursts(beats) + otherRows + MachineTiming(configuration).settle + 8
  }

  /// The longest way through the pipelines, and the words that the quantiser writes.
  private var depth: Int {
    let timing = MachineTiming(configuration)
    return timing.engine + timing.rowScale + timing.mlgru + timing.rowScales + configuration.activationWords + 32
  }

  /// From START to the cycle in which the run is ended.
  ///
  /// - Parameters:
  ///   - positions: prompt length + budget - 1; steps of several streams.
  ///   - beats: of the body that is read; what lies outside the memory answers with an error and ends the run.
  ///   - instructions: in the body, at most `beats`.
  public func run(positions: Int, beats: Int, instructions: Int) -> Int {
    let timing = MachineTiming(configuration)
    let header = bursts(64 * 8 / configuration.beatBits + 1) + timing.headerCheck
    let rows = 5 * beats * (1 + logitsStall)
    let embedding = configuration.streams * bursts(embeddingBeats) + configuration.hiddenCapacity
    let position = bursts(beats) + instructions * depth + rows + embedding + timing.tokenToRequest + timing.nextPosition
    return header + positions * position
  }
}
