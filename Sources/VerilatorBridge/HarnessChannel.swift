import SetunMachine

/// The harness's own `MemoryChannel`, to hold one against the other.
public final class HarnessChannel {
  private let functions: HarnessLibrary
  private let handle: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - model: any build of the harness.
  ///   - beatBytes: of the port; it need not be the model's.
  public init(
    _ model: VerilatorModel, memory: MemoryModel, beatBytes: Int, clockMHz: Int, port: Int = 0
  ) throws(BridgeError) {
    functions = model.functions
    let words = try memory.harnessWords(clockMHz: clockMHz)
    let handle = functions.channelCreate(words, UInt32(words.count), UInt32(beatBytes), UInt32(port))
    guard let handle else { throw .library("no memory channel could be made") }
    self.handle = handle
  }

  deinit { functions.channelDestroy(handle) }

  /// As `MemoryChannel.accept(visible:address:beats:)`.
  public func accept(visible cycle: Int, address: Int, beats: Int) -> Int {
    Int(functions.channelAccept(handle, Int64(cycle), Int64(address), UInt32(beats)))
  }

  /// As `MemoryChannel.nextBeat()`.
  public func nextBeat() -> Int { Int(functions.channelNext(handle)) }
}

extension MemoryModel {
  /// The words of `MemoryModel` in `Sim/memory.h`.
  func harnessWords(clockMHz: Int?) throws(BridgeError) -> [UInt64] {
    switch mode {
    case .ideal, .onChip: return [0, 0, UInt64(latency)]
    case .random(let seed): return [1, seed, UInt64(latency)]
    case .dram(let timing):
      guard let clockMHz else { throw .clockMissing(memory: description) }
      return [2, 0, UInt64(latency), UInt64(clockMHz)] + timing.words.map { UInt64($0) }
    }
  }
}
