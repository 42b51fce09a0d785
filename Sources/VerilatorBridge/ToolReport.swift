import Foundation
import HostTools

/// Whether a tool the project uses is there, in what version, and how to get it.
public struct ToolReport: Codable, Hashable, Sendable {
  /// The program or package.
  public var tool: String
  /// What it is used for.
  public var purpose: String
  /// Whether `make sim` and `make test` need it.
  public var isRequired: Bool
  /// The lowest version that is enough, or the exact one when it is pinned; empty when any is.
  public var wanted: String
  /// The version found; nil when the tool is missing.
  public var found: String?
  /// Where it was found.
  public var location: String?
  /// Whether it is there in a version that is enough.
  public var isAdequate: Bool
  /// How to get it.
  public var remedy: String

  public init(
    tool: String, purpose: String, isRequired: Bool, wanted: String, found: String?, location: String?,
    isAdequate: Bool, remedy: String
  ) {
    self.tool = tool
    self.purpose = purpose
    self.isRequired = isRequired
    self.wanted = wanted
    self.found = found
    self.location = location
    self.isAdequate = isAdequate
    self.remedy = remedy
  }

  /// Every tool, in the order in which one would install them.
  public static func all() -> [ToolReport] {
    [
      program("swift", "builds everything", at: "6.3", "install it from https://www.swift.org/install/linux"),
      compiler(), libraryHeaders(),
      program("git", "fetches dependencies", at: "", apt("git")),
      program("make", "runs the verbs", at: "", apt("make")),
      program("verilator", "simulates and lints the RTL", at: "5.006", apt("verilator")),
      program("iverilog", "lints the RTL", at: "11.0", flag: "-V", apt("iverilog")),
      program("yosys", "lints the RTL, reads what is proved", at: "0.23", flag: "-V", apt("yosys")),
      program("python3", "runs slang", at: "3.9", apt("python3 python3-venv")),
      slang(),
      program("z3", "proves properties", at: "", apt("z3")),
    ]
  }

  /// Whether everything required is there.
  public static func isComplete(_ reports: [ToolReport]) -> Bool {
    reports.allSatisfy { $0.isAdequate || !$0.isRequired }
  }

  private static func apt(_ packages: String) -> String {
    "make setup, or apt-get install --no-install-recommends \(packages)"
  }

  private static func program(
    _ name: String, _ purpose: String, at wanted: String, flag: String = "--version", _ remedy: String
  ) -> ToolReport {
    var report = ToolReport(
      tool: name, purpose: purpose, isRequired: true, wanted: wanted, found: nil, location: nil, isAdequate: false,
      remedy: remedy)
    guard let path = Tool.find(name) else { return report }
    report.location = path
    guard let output = Tool.run(path, [flag]), let version = version(in: output.text) else { return report }
    report.found = version
    report.isAdequate = isAtLeast(version, wanted)
    return report
  }

  private static func compiler() -> ToolReport {
    var report = ToolReport(
      tool: "clang++", purpose: "compiles the Verilated model", isRequired: true, wanted: "", found: nil,
      location: nil, isAdequate: false, remedy: "it lies beside swift in the toolchain; SETUN_CXX names another one")
    guard let path = Tool.cxxCompiler() else { return report }
    report.location = path
    report.found = Tool.run(path, ["--version"]).flatMap { version(in: $0.text) }
    report.isAdequate = report.found != nil
    return report
  }

  /// The C++ library, found by compiling against it, for that is what matters.
  private static func libraryHeaders() -> ToolReport {
    var report = ToolReport(
      tool: "libstdc++", purpose: "C++ headers of the Verilated model", isRequired: true, wanted: "", found: nil,
      location: nil, isAdequate: false, remedy: apt("libstdc++-12-dev"))
    let probe = FileManager.default.temporaryDirectory.appendingPathComponent("setun-\(UUID().uuidString).cpp")
    defer { try? FileManager.default.removeItem(at: probe) }
    let program = "#include <memory>\n#include <unordered_map>\n"
    guard let compiler = Tool.cxxCompiler(),
      (try? program.write(to: probe, atomically: false, encoding: .utf8)) != nil,
      let output = Tool.run(compiler, ["-std=gnu++17", "-E", "-dM", probe.path]), output.status == 0
    else { return report }
    let release = output.text.split(separator: "\n").first { $0.hasPrefix("#define _GLIBCXX_RELEASE ") }
    report.found = release.flatMap { $0.split(separator: " ").last.map(String.init) } ?? "other"
    report.isAdequate = true
    return report
  }

  private static let slangVersion = "12.1.0"

  private static func slang() -> ToolReport {
    var report = ToolReport(
      tool: "pyslang", purpose: "lints the RTL", isRequired: true, wanted: slangVersion, found: nil, location: nil,
      isAdequate: false,
      remedy: "make setup, or python3 -m venv .build/venv && .build/venv/bin/pip install pyslang==\(slangVersion)")
    // The order in which the lint script looks.
    for candidate in [".build/venv/bin/python", "python3"] {
      guard let path = Tool.find(candidate),
        let output = Tool.run(path, ["-c", "import importlib.metadata as m; print(m.version('pyslang'))"]),
        output.status == 0
      else { continue }
      let version = output.text.trimmingCharacters(in: .whitespacesAndNewlines)
      report.found = version
      report.location = path
      report.isAdequate = version == slangVersion
      if report.isAdequate { break }
    }
    return report
  }

  /// The first thing in a text that looks like a version: digits with points between them.
  static func version(in text: String) -> String? {
    for word in text.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }) {
      let digits = word.hasPrefix("v") ? word.dropFirst() : word
      let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
      if parts.count >= 2, parts.prefix(2).allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) {
        return parts.prefix { !$0.isEmpty && $0.allSatisfy(\.isNumber) }.joined(separator: ".")
      }
    }
    return nil
  }

  /// Whether `version` is not below `wanted`, part by part.
  static func isAtLeast(_ version: String, _ wanted: String) -> Bool {
    let have = version.split(separator: ".").map { Int($0) ?? 0 }
    let want = wanted.split(separator: ".").map { Int($0) ?? 0 }
    for index in 0..<max(have.count, want.count) {
      let (a, b) = (index < have.count ? have[index] : 0, index < want.count ? want[index] : 0)
      if a != b { return a > b }
    }
    return true
  }
}
