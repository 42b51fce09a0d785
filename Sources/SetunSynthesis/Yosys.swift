import Foundation
import HostTools

/// A Yosys, and what a run of it took.
public struct Yosys: Sendable {
  public let path: String
  /// As it names itself: "Yosys 0.23", without what comes after the number.
  public let version: String

  public struct Outcome: Sendable {
    public let succeeded: Bool
    /// Warnings and errors.
    public let messages: String
    /// Wall-clock time.
    public let seconds: Double
    /// The most memory it held, where it says so.
    public let megabytes: Double?

    /// Its last error in one line.
    public var error: String {
      messages.split(separator: "\n").last { $0.contains("ERROR") }.map(String.init) ?? String(messages.suffix(300))
    }
  }

  public init(path: String) throws(SynthesisError) {
    // The WebAssembly build says on a line before that it compiles itself.
    guard let text = Tool.run(path, ["-V"])?.text,
      let line = text.split(separator: "\n").last(where: { $0.hasPrefix("Yosys ") })
    else { throw SynthesisError("\(path): is no Yosys that tells its version.") }
    self.path = path
    version = line.split(separator: " ").prefix(2).joined(separator: " ")
  }

  private static let log = "yosys.log"

  /// Runs a script in a directory.
  public func run(_ script: String, in directory: URL) throws(SynthesisError) -> Outcome {
    let clock = ContinuousClock.now
    guard let output = Tool.run(path, ["-q", "-l", Self.log, "-p", script], directory: directory) else {
      throw SynthesisError("\(path): cannot be started.")
    }
    let log = directory.appendingPathComponent(Self.log)
    var tail = ""
    if let handle = try? FileHandle(forReadingFrom: log) {
      let end = (try? handle.seekToEnd()) ?? 0
      try? handle.seek(toOffset: end > 2000 ? end - 2000 : 0)
      tail = String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
      try? handle.close()
    }
    return Outcome(
      succeeded: output.status == 0, messages: output.text, seconds: (ContinuousClock.now - clock) / .seconds(1),
      megabytes: tail.firstMatch(of: /MEM: ([0-9.]+) MB/).flatMap { Double($0.1) })
  }
}
