import SetunMachine

/// Where the weight stream comes from: a memory behind each port, or the fabric's own block RAM.
public enum WeightMemory: Hashable, Sendable, CustomStringConvertible {
  case external(MemoryModel)
  /// The whole image in block RAM of the fabric, behind the same port.
  case onChip

  /// Reads "on-chip", or what `MemoryModel` reads.
  public init(parsing text: String) throws(ExplorationError) {
    if text == MemoryModel.onChip.description {
      self = .onChip
      return
    }
    do {
      self = .external(try MemoryModel(parsing: text))
    } catch {
      throw ExplorationError("\(error).")
    }
  }

  /// What the simulator is given.
  public var model: MemoryModel {
    switch self {
    case .external(let model): model
    case .onChip: .onChip
    }
  }

  public var description: String {
    switch self {
    case .external(let model): model.description
    case .onChip: MemoryModel.onChip.description
    }
  }
}
