import Foundation
import Testing

@Suite("The command line: the report")
struct ReportCommandTests {
  @Test("report writes page and facts, the same bytes each time, and prints what is in them")
  func report() throws {
    let scratch = try ScratchDirectory()
    let arguments = ["report", "--tokens", "3", "--memory", "ddr4", "--config", "wide", "--out", scratch.file("a")]
    let table = try RTLGenProcess(arguments)
    #expect(table.status == 0 && table.errors.isEmpty)
    let first = try scratch.contents(of: "a")
    #expect(Set(first.keys) == ["report.html", "report.json"])
    #expect(try RTLGenProcess(arguments).output == table.output)
    #expect(try scratch.contents(of: "a") == first)

    let run = try RTLGenProcess(arguments + ["--json"])
    let printed = try run.json()
    let file = try #require(try scratch.contents(of: "a")["report.json"])
    let written = try JSONSerialization.jsonObject(with: file)
    #expect(printed as NSDictionary == written as? NSDictionary)
    let speed = try #require(printed["speed"] as? [String: Any])
    #expect(speed["tokens"] as? Int == 2)
    let perSecond = try #require(speed["tokens_per_second"] as? Double)
    #expect(table.output.contains(String(format: "%.2f", perSecond)))
    let subject = try #require(printed["subject"] as? [String: Any])
    #expect(subject["memory"] as? String == "ddr4" && subject["model"] as? String == "tales-1m")
    #expect(subject["rtl"] == nil)
  }

  @Test(
    "the trace of the RTL is the simulator's, with an ideal memory and with one that stalls",
    arguments: ["ideal", "random:9"])
  func traces(memory: String) throws {
    let scratch = try ScratchDirectory()
    let arguments = ["report", "--tokens", "2", "--memory", memory, "--trace", "--json"]
    let simulated = try RTLGenProcess(arguments + ["--out", scratch.file("simulator")])
    let measured = try RTLGenProcess(arguments + ["--out", scratch.file("rtl"), "--engine", "rtl"])
    #expect(simulated.status == 0 && measured.status == 0 && measured.errors.isEmpty)
    let subject = try #require(try measured.json()["subject"] as? [String: Any])
    let agreement = try #require(subject["rtl"] as? [String: Any])
    #expect(agreement["mismatches"] as? Int == 0 && (agreement["records"] as? Int ?? 0) > 1000)
    #expect(agreement["rtl_cycles"] as? Int == agreement["simulator_cycles"] as? Int)
    let traces = try ["simulator", "rtl"].map { try #require(try scratch.contents(of: $0)["trace.json"]) }
    #expect(traces[0] == traces[1] && traces[0].count > 10_000)
  }

  @Test("a trace of another run does not stay, and an image can be reported as its model")
  func image() throws {
    let scratch = try ScratchDirectory()
    #expect(try RTLGenProcess("compile", "--out", scratch.file("image")).status == 0)
    let out = ["--tokens", "2", "--out", scratch.file("out"), "--json"]
    let model = try RTLGenProcess(["report", "--trace"] + out).json()
    #expect(try Set(scratch.contents(of: "out").keys) == ["report.html", "report.json", "trace.json"])
    let image = try RTLGenProcess(["report", "--image", scratch.file("image"), "--ids", "1"] + out).json()
    #expect(try Set(scratch.contents(of: "out").keys) == ["report.html", "report.json"])
    for key in ["speed", "traffic", "cycles", "energy"] {
      #expect(model[key] as? NSDictionary == image[key] as? NSDictionary, "\(key)")
    }
  }

  @Test("what cannot be reported is refused")
  func refusals() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write("file", "")
    for (arguments, word) in [
      (["--config", "nothing", "--out", scratch.file("out")], "'nothing'"), (["--out", file + "/below"], file),
      (["--out", scratch.file("out"), "--ids", "1,512"], "512"),
    ] {
      let run = try RTLGenProcess(["report", "--tokens", "2"] + arguments)
      #expect(run.status == 1 && run.output.isEmpty && run.errors.contains(word), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
    for arguments in [
      [], ["--out", file, "--tokens", "1"], ["--out", file, "--engine", "reference"],
      ["--out", file, "--memory", "slow"],
    ] {
      #expect(try RTLGenProcess(["report"] + arguments).status == 64)
    }
  }
}
