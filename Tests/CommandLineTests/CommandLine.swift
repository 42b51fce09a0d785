import Foundation

/// Runs the built `rtlgen` as a person or a script would.
struct RTLGenProcess {
  let status: Int32
  let output: String
  let errors: String

  /// The executable beside this test bundle.
  private static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("rtlgen")

  init(_ arguments: String..., input: String = "") throws { try self.init(arguments, input: input) }

  init(_ arguments: [String], input: String = "") throws {
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
    process.standardOutput = try file("out")
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
