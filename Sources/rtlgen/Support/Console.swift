import Checkpoint
import Foundation
import VerilatorBridge

/// Standard output and standard error.
enum Console {
  /// Writes text to standard output at once. Ends the process with one sentence when that cannot be written.
  static func write(_ text: String) { write(Data(text.utf8)) }

  /// Writes one JSON object and a newline to standard output. Keys are sorted; numbers are as `JSONEncoder` has them.
  static func write(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    write(try encoder.encode(value) + Data("\n".utf8))
  }

  /// Writes text to standard error, as far as that can be written.
  static func note(_ text: String) { _ = put(Data(text.utf8), on: STDERR_FILENO) }

  private static func write(_ data: Data) {
    guard let reason = put(data, on: STDOUT_FILENO) else { return }
    note("Error: standard output: cannot be written (\(reason)).\n")
    exit(1)
  }

  /// Writes all of the data; what the system says when it does not take it.
  private static func put(_ data: Data, on descriptor: Int32) -> String? {
    data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
        if count < 0, errno != EINTR { return String(cString: strerror(errno)) }
        done += max(count, 0)
      }
      return nil
    }
  }
}

/// A line on standard error that shows how far long work is; silent unless that is a terminal.
struct Progress {
  private let title: String
  private let isShown = isatty(2) == 1
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant?

  init(_ title: String) { self.title = title }

  /// - Parameters:
  ///   - share: the part that is done, 0 ... 1.
  ///   - count: how many things there are to do, where they are worth counting; a bar is drawn then.
  mutating func update(_ share: Double, of count: Int? = nil) {
    guard isShown else { return }
    let now = ContinuousClock.now
    if let last, now - last < .milliseconds(100), share < 1 { return }
    last = now
    let elapsed = (now - start) / .seconds(1)
    var line = "\r\u{1B}[K\(title) "
    if let count {
      let bar = String(repeating: "#", count: Int(share * 30))
      line +=
        "[\(bar.padding(toLength: 30, withPad: ".", startingAt: 0))] \(Int((share * Double(count)).rounded())) of \(count)"
    } else {
      line += "\(Int(share * 100)) %"
    }
    if share > 0.02, share < 1, elapsed > 2 { line += ", \(Self.left(elapsed / share * (1 - share)))" }
    Console.note(line)
  }

  /// The time left, in words.
  static func left(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    return seconds < 120 ? "\(seconds) s left" : "\((seconds + 59) / 60) min left"
  }

  /// Removes the line.
  func finish() {
    if isShown, last != nil { Console.note("\r\u{1B}[K") }
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
      Console.note(line)
    }
    timer.activate()
    self.timer = timer
  }

  /// Removes the line.
  func finish() {
    guard let timer else { return }
    timer.cancel()
    Console.note("\r\u{1B}[K")
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
