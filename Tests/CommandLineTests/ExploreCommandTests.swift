import Foundation
import Testing

@Suite("The command line: exploring")
struct ExploreCommandTests {
  private let axes = ["--widths", "128,512", "--channels", "1", "--streams", "1,3", "--memory", "ideal,on-chip"]

  @Test("explore writes a table and a picture, says the front, and changes nothing when it is asked again")
  func files() throws {
    let scratch = try ScratchDirectory()
    let arguments = ["explore", "--budget", "kv260", "--tokens", "2", "--out", scratch.file("x")] + axes
    let first = try RTLGenProcess(arguments + ["--json"])
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    let report = try first.json()
    #expect(report["points"] as? Int == 16 && report["refused"] as? Int == 8)
    let front = try #require(report["front"] as? [[String: Any]])
    #expect(!front.isEmpty && front.allSatisfy { $0["luts_estimated"] != nil && $0["clock_mhz_assumed"] != nil })
    let files = try scratch.contents(of: "x")
    #expect(Set(files.keys) == ["points.csv", "pareto.svg"])

    let again = try RTLGenProcess(arguments)
    #expect(again.status == 0 && again.output.contains("16 points: 8 simulated, 0 beyond the budget, 8 refused."))
    #expect(try scratch.contents(of: "x") == files)

    // A table that was cut off is completed.
    let table = try #require(files["points.csv"])
    try table.prefix(table.count * 2 / 3).write(to: URL(fileURLWithPath: scratch.file("x/points.csv")))
    #expect(try RTLGenProcess(arguments).status == 0)
    #expect(try scratch.contents(of: "x") == files)

    // Another exploration does not go on with it.
    let other = try RTLGenProcess(arguments + ["--clocks", "100"])
    #expect(other.status == 1 && other.errors.contains("is of another model, space, budget or version"))
    #expect(try scratch.contents(of: "x") == files)
  }

  @Test("flags replace the axes of a space file")
  func space() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write(
      "space.json",
      #"{"widths": [128], "channels": [1], "rowLanes": [1], "fractions": [12, 15], "memories": ["ideal"]}"#)
    let run = try RTLGenProcess(
      "explore", "--space", file, "--fractions", "10", "--tokens", "2", "--out", scratch.file("x"), "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json()["points"] as? Int == 1)
    let table = String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: scratch.file("x/points.csv"))), as: UTF8.self)
    #expect(table.contains("0,128,1,1,1,10,512,ideal,250,simulated,"))
  }

  @Test("the estimate's distance from the stored syntheses can be seen")
  func calibration() throws {
    let run = try RTLGenProcess("explore", "--calibrate", "--json")
    let rows = try #require(try run.json()["calibration"] as? [[String: Any]])
    #expect(rows.contains { $0["configuration"] as? String == "wide" && $0["unit"] as? String == "engine" })
    #expect(try RTLGenProcess("explore", "--calibrate").output.contains("fitted to the other syntheses alone"))
  }

  @Test(
    "what cannot be explored is refused before anything is written",
    arguments: [
      (["--budget", "spartan-3"], "is no known device"), (["--widths", "128,x"], "--widths"),
      (["--widths", "128,128"], "has 128 twice"), (["--memory", "tape"], "is not a memory"),
      (["--tokens", "1"], "--tokens must be at least 2"), (["--jobs", "0"], "--jobs must be at least 1"),
      (["--share", "50"], "--budget"), (["--store"], "--calibrate"), (["--space", "/nowhere.json"], "cannot be read"),
      (["--budget", "u250", "--share", "0"], "1 to 100 percent"),
    ])
  func refusals(options: [String], problem: String) throws {
    let scratch = try ScratchDirectory()
    let run = try RTLGenProcess(["explore", "--out", scratch.file("x")] + options)
    #expect(run.status != 0 && run.output.isEmpty && run.errors.contains(problem), "\(run.errors)")
    #expect(try scratch.contents().isEmpty)
  }
}
