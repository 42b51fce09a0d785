import Checkpoint
import Foundation
import VerilatorBridge

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
    if share > 0.02, share < 1, elapsed > 2 { line += ", \(Self.left(elapsed / share * (1 - share)))" }
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// The time left, in words.
  static func left(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    return seconds < 120 ? "\(seconds) s left" : "\((seconds + 59) / 60) min left"
  }

  /// Removes the line.
  func finish() {
    if isShown, last != nil { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}

/// A line on standard error about work that does not say how far it is: how long it has taken, and what is left of the
/// time it took last; silent unless that is a terminal.
final class Activity {
  private let timer: (any DispatchSourceTimer)?

  /// - Parameter key: names the work, among those whose time is remembered.
  init(_ title: String, key: String) {
    guard isatty(2) == 1 else {
      timer = nil
      return
    }
    let expected = Self.expected(key)
    let start = ContinuousClock.now
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "activity"))
    timer.schedule(deadline: .now(), repeating: .seconds(1))
    timer.setEventHandler {
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      var line = "\r\u{1B}[K\(title), \(Int(elapsed)) s"
      if let expected, expected > elapsed { line += ", about \(Progress.left(expected - elapsed))" }
      FileHandle.standardError.write(Data(line.utf8))
    }
    timer.activate()
    self.timer = timer
  }

  /// Removes the line.
  func finish() {
    guard let timer else { return }
    timer.cancel()
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }

  private static func file(_ key: String) -> URL {
    VerilatorModel.defaultCacheDirectory.appendingPathComponent(key + ".seconds")
  }

  private static func expected(_ key: String) -> Double? {
    (try? String(contentsOf: file(key), encoding: .utf8)).flatMap(Double.init)
  }

  /// Remembers how long the work took, for the next time.
  static func remember(_ seconds: Double, key: String) {
    // Only a convenience: where it cannot be written it is not needed.
    try? Data("\(seconds)".utf8).write(to: file(key), options: .atomic)
  }
}
