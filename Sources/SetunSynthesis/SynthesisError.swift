/// Why a design cannot be checked or its netlist not be run, in one sentence.
public struct SynthesisError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
