import SetunMachine

/// Where the weight stream comes from: a memory behind each port, or the fabric's own block RAM.
public enum WeightMemory: Hashable, Sendable, CustomStringConvertible {
  case external(MemoryModel)
  /// The whole image in block RAM of the fabric, behind the same port.
  case onChip

  /// Cycles from an accepted request to its first beat in memory on the chip, assumed: address register, cascade of RAMs,
  /// output register, and the port's own registers.
  public static let onChipLatency = 8

  static let onChipName = "on-chip"

  /// Reads "on-chip", or what `MemoryModel` reads.
  public init(parsing text: String) throws(ExplorationError) {
    if text == Self.onChipName {
      self = .onChip
      return
    }
    do {
      self = .external(try MemoryModel(parsing: text))
    } catch {
      throw ExplorationError("\(error), or '\(Self.onChipName)'.")
    }
  }

  /// What the simulator is given.
  public var model: MemoryModel {
    switch self {
    case .external(let model): model
    case .onChip: MemoryModel(.ideal, latency: Self.onChipLatency)
    }
  }

  public var description: String {
    switch self {
    case .external(let model): model.description
    case .onChip: Self.onChipName
    }
  }
}
