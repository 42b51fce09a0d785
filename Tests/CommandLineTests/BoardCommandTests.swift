import Foundation
import Testing

/// Weights on a chip: what fits, what does not, and what is written for the tools that make bitstreams.
@Suite("The command line: boards")
struct BoardCommandTests {
  /// Runs a command with a directory of its own, which is told to `check`.
  private func run(_ command: String, check: (RTLGenProcess, String) throws -> Void) throws {
    let place = NSTemporaryDirectory() + "/board-tests-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: place) }
    let arguments = command.split(separator: " ").map {
      $0.replacingOccurrences(of: "@", with: place).replacingOccurrences(of: "%", with: fixtures)
    }
    try check(try RTLGenProcess(arguments), place)
  }

  @Test func theBuiltInModelFitsTheBoardAndItsFilesAreWritten() throws {
    try run("bitstream --board ulx3s --emit-only --out @") { run, place in
      #expect(run.status == 0)
      let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").suffix(2).map(String.init) }
      let needed = try #require(lines.first { $0.first == "all" }.flatMap { Int($0[1]) })
      let available = try #require(lines.first { $0.first == "has" }.flatMap { Int($0[1]) })
      #expect(needed <= available && available == 208)
      let speed = try #require(run.output.firstMatch(of: /cycles a token, simulated: (\d+) tokens\/s at 65 MHz/))
      #expect(try #require(Int(speed.1)) >= 4000)
      let files = try FileManager.default.contentsOfDirectory(atPath: place)
      for name in ["setun_ulx3s.sv", "setun_on_chip.sv", "setun_core.sv", "ulx3s.lpf"] { #expect(files.contains(name)) }
      let words = try files.filter { $0.hasSuffix(".hex") }.reduce(0) { sum, name in
        try sum + String(contentsOfFile: place + "/" + name, encoding: .utf8).split(separator: "\n").count
      }
      // Header, body and 512 rows of eight beats.
      #expect(words == 2 + 7562 + 4096)
    }
  }

  @Test func aModelThatIsTooLargeForTheDeviceIsRefusedWithWhatItTakes() throws {
    try run("compile --model %/tales-5m --config tiny --device ecp5-85 --out @") { run, place in
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.hasPrefix("Error: The model does not fit the chip: "))
      for item in ["embeddings", "(estimated)", "the device has", "208"] { #expect(run.errors.contains(item)) }
      #expect(!FileManager.default.fileExists(atPath: place))
    }
  }

  /// What a command that prints one JSON object says.
  private struct Text: Decodable, Equatable {
    let ids: [Int]
    let text: String
  }

  private func text(_ arguments: [String]) throws -> Text {
    let run = try RTLGenProcess(arguments + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    return try JSONDecoder().decode(Text.self, from: Data(run.output.utf8))
  }

  @Test(arguments: [
    ["--prompt", "Once upon a time", "--tokens", "4"],
    ["--ids", "1,40,7", "--tokens", "2", "--temperature", "0.9", "--top-k", "30", "--seed", "5"],
  ])
  func theSimulatedBoardSaysWhatTheSimulatorSays(_ options: [String]) throws {
    let board = try text(["talk", "--port", "sim"] + options)
    let simulator = try text(["generate", "--engine", "simulator", "--config", "ulx3s"] + options)
    #expect(board == simulator)
    #expect(!board.ids.isEmpty)
  }

  @Test(arguments: [
    ("talk --port /dev/no-such-port", "/dev/no-such-port: does not exist; is the board connected?"),
    ("talk --port /dev/null", "/dev/null: is no serial port."),
    ("talk --port /dev/null --baud 12345", "/dev/null: cannot run at 12345 baud."),
    ("talk --port sim --baud 40000000", "40000000 baud cannot be made from 65 MHz; 1000000 can."),
    ("talk --port sim --board ulx4m", "'ulx4m' is no known board; there is ulx3s."),
    ("talk --port sim --ids 1,600", "Token 600 of the prompt is outside the model's vocabulary of 512."),
  ])
  func aBoardThatCannotBeTalkedToIsSaidInASentence(_ command: String, _ sentence: String) throws {
    try run(command) { run, _ in
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.hasPrefix("Error: " + sentence), "\(run.errors)")
    }
  }

  @Test(arguments: [
    ("bitstream --board ulx4m --out @", "'ulx4m' is no known board; there is ulx3s."),
    ("synth --config ulx3s --top no_such", "The core of 'ulx3s' has no module 'no_such'."),
    ("compile --device ecp6 --out @", "'ecp6' is no known device"),
  ])
  func whatIsNotKnownIsRefused(_ command: String, _ sentence: String) throws {
    try run(command) { run, place in
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("Error: " + sentence))
      #expect(!FileManager.default.fileExists(atPath: place))
    }
  }
}
