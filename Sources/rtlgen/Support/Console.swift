import Checkpoint
import Foundation

/// Standard output and standard error.
enum Console {
  /// Writes text to standard output at once.
  static func write(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
  }

  /// Writes one JSON object and a newline to standard output. Keys are sorted; numbers are as `JSONEncoder` has them.
  static func write(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
  }
}

/// A line on standard error that shows how far long work is; silent unless that is a terminal.
struct Progress {
  private let title: String
  private let isShown = isatty(2) == 1
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant?

  init(_ title: String) { self.title = title }

  /// - Parameter share: the part that is done, 0 ... 1.
  mutating func update(_ share: Double) {
    guard isShown else { return }
    let now = ContinuousClock.now
    if let last, now - last < .milliseconds(100), share < 1 { return }
    last = now
    let elapsed = (now - start) / .seconds(1)
    var line = "\r\u{1B}[K\(title) \(Int(share * 100)) %"
    if share > 0.02, share < 1, elapsed > 2 {
      line += ", \(Int((elapsed / share * (1 - share)).rounded(.up))) s left"
    }
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// Removes the line.
  func finish() {
    if isShown, last != nil { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}
