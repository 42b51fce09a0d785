/// One of a model's BitLinear modules: a ternary matrix and the norm in front of it.
public enum BitLinear: Sendable, Hashable {
  case input(layer: Int)
  case forget(layer: Int)
  case gate(layer: Int)
  case output(layer: Int)
  /// The GLU's 2I rows: the first I are a, the others b.
  case expand(layer: Int)
  case down(layer: Int)
  case head

  /// The module's name in the checkpoint.
  public var name: String {
    switch self {
    case .input(let layer): "model.layers.\(layer).attn.i_proj"
    case .forget(let layer): "model.layers.\(layer).attn.f_proj"
    case .gate(let layer): "model.layers.\(layer).attn.g_proj"
    case .output(let layer): "model.layers.\(layer).attn.o_proj"
    case .expand(let layer): "model.layers.\(layer).mlp.gate_proj"
    case .down(let layer): "model.layers.\(layer).mlp.down_proj"
    case .head: "lm_head"
    }
  }

  public func rows(in configuration: ModelConfiguration) -> Int {
    switch self {
    case .input, .forget, .gate, .output, .down: configuration.hiddenSize
    case .expand: 2 * configuration.intermediateSize
    case .head: configuration.vocabularySize
    }
  }

  public func columns(in configuration: ModelConfiguration) -> Int {
    if case .down = self { configuration.intermediateSize } else { configuration.hiddenSize }
  }

  /// The modules of a layer in the order in which a token meets them.
  public static func all(layer: Int) -> [BitLinear] {
    [
      .input(layer: layer), .forget(layer: layer), .gate(layer: layer), .output(layer: layer), .expand(layer: layer),
      .down(layer: layer),
    ]
  }

  /// All modules of a model in the order in which a token meets them.
  public static func all(in configuration: ModelConfiguration) -> [BitLinear] {
    (0..<configuration.layerCount).flatMap(all(layer:)) + [.head]
  }
}

/// The vectors of a model that are norm weights outside BitLinear, each of length `hiddenSize`.
public enum NormVector: Sendable, Hashable {
  /// In front of the token mixer (`attn_norm`).
  case mixer(layer: Int)
  /// Of g, inside the token mixer (`attn.g_norm`).
  case gate(layer: Int)
  /// In front of the channel mixer (`mlp_norm`).
  case channel(layer: Int)
  /// After the last layer (`model.norm`).
  case final

  public var name: String {
    switch self {
    case .mixer(let layer): "model.layers.\(layer).attn_norm.weight"
    case .gate(let layer): "model.layers.\(layer).attn.g_norm.weight"
    case .channel(let layer): "model.layers.\(layer).mlp_norm.weight"
    case .final: "model.norm.weight"
    }
  }
}
