import Foundation

/// Runs the built `rtlgen` as a person or a script would.
struct RTLGenProcess {
  let status: Int32
  let output: String
  let errors: String

  /// The executable beside this test bundle.
  static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("rtlgen")

  init(_ arguments: String..., input: String = "") throws { try self.init(arguments, input: input) }

  /// - Parameters:
  ///   - output: a file for standard output, which is not read then.
  ///   - environment: variables that differ from this process's.
  init(
    _ arguments: [String], input: String = "", output target: String? = nil, environment: [String: String]? = nil
  ) throws {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    let directory = NSTemporaryDirectory() + "/command-line-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    // Files instead of pipes: neither side can wait for the other.
    func file(_ name: String, _ text: String = "") throws -> FileHandle {
      let url = URL(fileURLWithPath: directory + "/" + name)
      try Data(text.utf8).write(to: url)
      return try FileHandle(forUpdating: url)
    }
    process.standardInput = try file("in", input)
    let out = try file("out")
    process.standardOutput = try target.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) } ?? out
    if let environment { process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 } }
    process.standardError = try file("err")
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name)), as: UTF8.self)
    }
    status = process.terminationStatus
    output = try text("out")
    errors = try text("err")
  }

  /// The standard output as one JSON object; throws when it is anything else.
  func json() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    guard let object = value as? [String: Any] else { throw CocoaError(.coderInvalidValue) }
    return object
  }
}

let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Fixtures").path
