/// Where a figure comes from. Every section of a report has one, or each of its figures has.
public enum Evidence: String, Codable, Hashable, Sendable, CaseIterable {
  /// Counted in the compiled image, or measured on a board where a publication says so.
  case measured
  /// From the cycle-accurate simulator, which agrees with the emitted RTL in every cycle.
  case simulated
  /// By the compiler, without simulating a beat.
  case predicted
  /// From parameters of public sources; a range.
  case estimated
  /// Somebody else's figure, with its source.
  case published

  /// For the legend of a page.
  var explanation: String {
    switch self {
    case .measured: "counted in the compiled image, bit for bit"
    case .simulated: "from the cycle-accurate simulator; nothing here has run on silicon"
    case .predicted: "by the compiler, before anything ran"
    case .estimated: "from parameters of public sources, as a range"
    case .published: "other people's figures, with their source and their own word for how they came by them"
    }
  }
}
