import Foundation
import Testing

@Suite("The command line: on a terminal and in a pipe")
struct TerminalTests {
  /// Runs a shell command to its end on a pseudo-terminal; what appeared there.
  private func onTerminal(_ command: String) throws -> String {
    let scratch = try ScratchDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    process.arguments = ["-qec", command, scratch.file("screen")]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return String(decoding: try Data(contentsOf: URL(fileURLWithPath: scratch.file("screen"))), as: UTF8.self)
  }

  @Test(
    "progress is shown on a terminal, and taken away at the end",
    arguments: [
      ("model inspect \(fixtures)/tales-1m", "Ternarising"), ("compile --out SCRATCH", "Compiling"),
      ("model random --shape 64x2 --vocab 99 --seed 1 --out SCRATCH", "Writing"),
      ("generate --tokens 2 --engine simulator", "Compiling"), ("generate --tokens 2", "Ternarising"),
      ("fuzz --seconds 1 --out SCRATCH", "Fuzzing"), ("explore --widths 128 --channels 1 --out SCRATCH", "Exploring"),
    ])
  func progress(command: String, title: String) throws {
    let scratch = try ScratchDirectory()
    let arguments = command.replacing("SCRATCH", with: scratch.path)
    let screen = try onTerminal("\(RTLGenProcess.executable.path) \(arguments)")
    #expect(screen.contains("\r\u{1B}[K\(title) "), "\(screen)")
    let last = try #require(screen.range(of: "\(title) ", options: .backwards))
    #expect(screen[last.upperBound...].contains("\r\u{1B}[K"), "\(screen)")
  }

  @Test("in a pipe there is no progress")
  func pipe() throws {
    for arguments in [["model", "inspect", fixtures + "/tales-1m"], ["generate", "--tokens", "2"]] {
      let run = try RTLGenProcess(arguments)
      #expect(run.status == 0 && run.errors.isEmpty && !run.output.contains("\u{1B}"))
    }
  }

  @Test("text streams as it comes", arguments: ["reference", "simulator"])
  func streaming(engine: String) throws {
    let process = Process()
    process.executableURL = RTLGenProcess.executable
    // Far more than can be made before the first word is read.
    process.arguments = ["generate", "--tokens", "10000000", "--ignore-eos", "--engine", engine, "--prompt", "Once"]
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    try process.run()
    var text = Data()
    while text.count < 40, let block = try pipe.fileHandleForReading.read(upToCount: 1), !block.isEmpty {
      text += block
    }
    #expect(String(decoding: text, as: UTF8.self).hasPrefix("Once"))
    #expect(text.count == 40 && process.isRunning)
    // A process made by a thread that blocks SIGTERM, as those of the tests do, blocks it too.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  @Test("whoever stops reading stops the program")
  func brokenPipe() throws {
    let screen = try onTerminal(
      "\(RTLGenProcess.executable.path) generate --tokens 10000000 --ignore-eos --prompt Once | head -c 20")
    #expect(screen.contains("Once"))
  }
}
