import Foundation

/// Programs found on PATH and run to their end.
public enum Tool {
  /// What a program printed and how it ended.
  public struct Output: Sendable {
    public let status: Int32
    public let text: String
    /// It was ended because it took longer than its limit.
    public let wasStopped: Bool

    public init(status: Int32, text: String, wasStopped: Bool = false) {
      self.status = status
      self.text = text
      self.wasStopped = wasStopped
    }

    /// The last lines, for an error message.
    public func tail(_ count: Int = 40) -> String {
      text.trimmingCharacters(in: .whitespacesAndNewlines)
        .split(separator: "\n", omittingEmptySubsequences: false).suffix(count).joined(separator: "\n")
    }
  }

  /// The executable `name` on PATH, or nil. A name with a slash is taken as a path.
  public static func find(_ name: String) -> String? {
    let manager = FileManager.default
    if name.contains("/") { return manager.isExecutableFile(atPath: name) ? name : nil }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    for directory in path.split(separator: ":") {
      let candidate = "\(directory)/\(name)"
      var isDirectory: ObjCBool = false
      if manager.isExecutableFile(atPath: candidate), manager.fileExists(atPath: candidate, isDirectory: &isDirectory),
        !isDirectory.boolValue
      {
        return candidate
      }
    }
    return nil
  }

  /// The compiler for models: the Swift toolchain's own clang++ (it compiles and runs Verilated code faster than
  /// Debian's g++), else whatever C++ compiler there is. `SETUN_CXX` overrides.
  public static func cxxCompiler() -> String? {
    if let chosen = ProcessInfo.processInfo.environment["SETUN_CXX"] { return find(chosen) }
    if let swift = find("swift") {
      let resolved = URL(fileURLWithPath: swift).resolvingSymlinksInPath().path
      for path in [swift, resolved] {
        let sibling = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("clang++").path
        if FileManager.default.isExecutableFile(atPath: sibling) { return sibling }
      }
    }
    return find("clang++") ?? find("g++")
  }

  /// Runs a program to its end; standard output and error come back together. Nil when it cannot be started.
  ///
  /// - Parameter seconds: after this time the program is ended, with all that it has started.
  public static func run(
    _ executable: String, _ arguments: [String], directory: URL? = nil, limit seconds: Double? = nil
  ) -> Output? {
    // Through a file: a full pipe would block the child, and concurrent readers are not worth their code.
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("setun-\(UUID().uuidString).log")
    defer { try? FileManager.default.removeItem(at: log) }
    guard FileManager.default.createFile(atPath: log.path, contents: nil),
      let handle = try? FileHandle(forWritingTo: log)
    else { return nil }
    defer { try? handle.close() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    if let directory { process.currentDirectoryURL = directory }
    let ended = DispatchSemaphore(value: 0)
    if seconds != nil { process.terminationHandler = { _ in ended.signal() } }
    do { try process.run() } catch { return nil }
    var wasStopped = false
    if let seconds, ended.wait(timeout: .now() + seconds) == .timedOut {
      wasStopped = true
      let number = process.processIdentifier
      // The program leads a group of its own; a solver that it has started is in that group.
      kill(getpgid(number) == number ? -number : number, SIGKILL)
    }
    process.waitUntilExit()
    let data = (try? Data(contentsOf: log)) ?? Data()
    return Output(
      status: process.terminationStatus, text: String(decoding: data, as: UTF8.self), wasStopped: wasStopped)
  }

  /// The directory of the run-time sources of a Verilator: in its root, as it reports it.
  public static func verilatorInclude(_ verilator: String) -> URL {
    let root =
      ProcessInfo.processInfo.environment["VERILATOR_ROOT"]
      ?? run(verilator, ["--getenv", "VERILATOR_ROOT"])?.text.trimmingCharacters(in: .whitespacesAndNewlines)
      ?? "/usr/share/verilator"
    return URL(fileURLWithPath: root.isEmpty ? "/usr/share/verilator" : root).appendingPathComponent("include")
  }
}
