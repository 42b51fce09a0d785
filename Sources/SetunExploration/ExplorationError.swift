/// Why a space, a file or a device cannot be used, in one sentence.
public struct ExplorationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
