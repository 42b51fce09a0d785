import Checkpoint
import SetunCompiler
import SetunMachine

/// A part of a token's work: the instructions up to and with one kind of matrix.
public enum LayerPart: String, Codable, CaseIterable, Hashable, Sendable {
  case embedding
  /// MLGRU: the projections i, f and g.
  case mixerInputs = "mixer_inputs"
  /// The projection o.
  case mixerOutput = "mixer_output"
  /// GLU: a and b.
  case gluUp = "glu_up"
  case gluDown = "glu_down"
  case head

  public var title: String {
    switch self {
    case .embedding: "Embedding"
    case .mixerInputs: "MLGRU i, f, g"
    case .mixerOutput: "MLGRU output"
    case .gluUp: "GLU up"
    case .gluDown: "GLU down"
    case .head: "Head, argmax"
    }
  }

  /// The part of each entry of a program: that of the embedding or matrix that the entry comes with or before.
  static func parts(of program: Program) -> [LayerPart] {
    var parts: [LayerPart] = []
    var current = LayerPart.head
    for entry in program.entries.reversed() {
      if entry.instruction.opcode == .embed { current = .embedding }
      if case .weights(let modules) = entry.operand, let first = modules.first { current = LayerPart(first) }
      parts.append(current)
    }
    return parts.reversed()
  }

  private init(_ module: BitLinear) {
    switch module {
    case .input, .forget, .gate: self = .mixerInputs
    case .output: self = .mixerOutput
    case .expand: self = .gluUp
    case .down: self = .gluDown
    case .head: self = .head
    }
  }
}
