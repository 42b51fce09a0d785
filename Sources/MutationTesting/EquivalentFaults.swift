import Foundation

/// Faults that change nothing that can be observed, each with the reason; a reviewed list.
public struct EquivalentFaults: Codable, Sendable {
  public struct Entry: Codable, Hashable, Sendable {
    public var module: String
    /// On one line, as a fault has them.
    public var before: String
    public var after: String
    public var reason: String

    public init(module: String, before: String, after: String, reason: String) {
      self.module = module
      self.before = before
      self.after = after
      self.reason = reason
    }
  }

  public var entries: [Entry]

  public init(entries: [Entry] = []) { self.entries = entries }

  /// Reads a JSON array of entries.
  public init(contentsOf url: URL) throws {
    entries = try JSONDecoder().decode([Entry].self, from: try Data(contentsOf: url))
  }

  /// Why a fault is equivalent; nil when the list does not have it.
  public func reason(_ fault: Fault) -> String? {
    entries.first { $0.module == fault.module && $0.before == fault.before && $0.after == fault.after }?.reason
  }
}
