/// Why a core cannot be packaged, in one sentence.
public struct PackageError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
