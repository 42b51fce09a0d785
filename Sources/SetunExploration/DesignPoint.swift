import Checkpoint
import SetunMachine

/// One machine of a sweep, and the memory behind it.
public struct DesignPoint: Hashable, Sendable {
  /// Place in the space's order, from 0.
  public var index: Int
  /// Width of a beat, in bits.
  public var width: Int
  public var channels: Int
  public var streams: Int
  public var rowLanes: Int
  /// Fraction bits of the machine float.
  public var fraction: Int
  public var fifoBeats: Int
  public var memory: WeightMemory
  /// Assumed, in MHz: nothing here says that the machine reaches it.
  public var clockMHz: Int

  public init(
    index: Int, width: Int, channels: Int, streams: Int, rowLanes: Int, fraction: Int, fifoBeats: Int,
    memory: WeightMemory, clockMHz: Int
  ) {
    self.index = index
    self.width = width
    self.channels = channels
    self.streams = streams
    self.rowLanes = rowLanes
    self.fraction = fraction
    self.fifoBeats = fifoBeats
    self.memory = memory
    self.clockMHz = clockMHz
  }

  /// Beats of the longest burst: 64 wherever the 4096 bytes that AXI allows permit it.
  public static func burstBeats(width: Int) -> Int { max(1, min(64, 4096 * 8 / max(width, 1))) }

  /// The machine that holds a model of this shape, and nothing larger.
  public func configuration(for shape: ModelConfiguration) -> Configuration {
    let lanes = max(1, width / 8)
    let hidden = max(lanes, shape.hiddenSize)
    // All layers but the last are rounded up to whole steps.
    let stride = rowLanes > 0 ? (shape.hiddenSize + rowLanes - 1) / rowLanes * rowLanes : shape.hiddenSize
    return Configuration(
      name: name, beatBits: width, channels: channels, streams: streams, fractionBits: fraction, fifoBeats: fifoBeats,
      burstBeats: Self.burstBeats(width: width), hiddenCapacity: hidden,
      intermediateCapacity: max(lanes, shape.intermediateSize),
      stateCapacity: max(hidden, (shape.layerCount - 1) * stride + shape.hiddenSize),
      vocabularyCapacity: shape.vocabularySize, rowLanes: rowLanes, clockMHz: clockMHz)
  }

  /// Names the machine; the memory is no part of it.
  public var name: String {
    "w\(width)-n\(channels)-b\(streams)-l\(rowLanes)-f\(fraction)-q\(fifoBeats)-\(clockMHz)mhz"
  }

  /// What decides the bytes of an image. Points that agree in it share one, since depth of the FIFO, clock and memory
  /// change no byte but the header's hash.
  struct ImageKey: Hashable {
    var width: Int
    var channels: Int
    var rowLanes: Int
    var fraction: Int
  }

  var imageKey: ImageKey { ImageKey(width: width, channels: channels, rowLanes: rowLanes, fraction: fraction) }
}
