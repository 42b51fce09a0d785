import Foundation

/// Faults that change nothing that can be observed, each with the reason; a reviewed list.
public struct EquivalentFaults: Codable, Sendable {
  public struct Entry: Codable, Hashable, Sendable {
    public var module: String
    /// On one line, as a fault has them.
    public var before: String
    public var after: String
    public var reason: String
    /// How that was shown: by which tool and command, or by which argument.
    public var shownBy: String

    public init(module: String, before: String, after: String, reason: String, shownBy: String) {
      self.module = module
      self.before = before
      self.after = after
      self.reason = reason
      self.shownBy = shownBy
    }
  }

  public var entries: [Entry]

  public init(entries: [Entry] = []) { self.entries = entries }

  /// Reads a JSON array of entries.
  public init(contentsOf url: URL) throws { try self.init(json: try Data(contentsOf: url)) }

  /// Reads the text of a JSON array of entries.
  public init(json: Data) throws { entries = try JSONDecoder().decode([Entry].self, from: json) }

  /// The entry of a fault; nil when the list does not have it.
  public subscript(fault: Fault) -> Entry? {
    entries.first { $0.module == fault.module && $0.before == fault.before && $0.after == fault.after }
  }

  /// Entries that are no longer faults of a design: it has changed, and they must be looked at again.
  public func stale(in planter: FaultPlanter) -> [Entry] {
    entries.filter { !planter.canDraw(module: $0.module, before: $0.before, after: $0.after) }
  }
}
