import Foundation

/// A program of PATH, run to its end or to its time limit.
struct ToolProcess {
  let name: String
  private let path: String

  /// Whether an exit status is that of a program that was stopped: asked to end, or made to.
  static func wasStopped(_ status: Int32) -> Bool { status == 124 || status == 137 }

  init(_ name: String) throws(FormalError) {
    let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard
      let path = directories.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { throw .toolMissing(name) }
    self.name = name
    self.path = path
  }

  /// What it wrote, and how it ended. Output goes through a file, because a full pipe would block it.
  func run(_ arguments: [String], in directory: URL, seconds: Int) throws(FormalError) -> (status: Int32, text: String)
  {
    let log = directory.appendingPathComponent("\(name).log")
    guard FileManager.default.createFile(atPath: log.path, contents: nil),
      let handle = try? FileHandle(forWritingTo: log)
    else { throw .cannotWrite(log.path) }
    defer { try? handle.close() }
    let process = Process()
    // `timeout` also ends what the program has started, here the solver.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "-k", "5", "\(seconds)", path] + arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    do { try process.run() } catch { throw .toolMissing("timeout") }
    process.waitUntilExit()
    let data = (try? Data(contentsOf: log)) ?? Data()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
