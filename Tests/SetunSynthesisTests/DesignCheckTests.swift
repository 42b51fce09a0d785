import Foundation
import HardwareDescription
import SetunSynthesis
import Testing

/// Faults planted in emitted text that only Yosys sees.
@Suite struct DesignCheckTests {
  private struct Mixer: HardwareModule {
    var documentation: String { "Mixes two words." }

    func build(_ m: ModuleBuilder) {
      let first = m.input("first", Unsigned.self, width: 4)
      let second = m.input("second", Unsigned.self, width: 4)
      m.output("mixed", first ^ second)
    }
  }

  private struct MixingRegister: HardwareModule {
    var documentation: String { "Mixes each word with all before it." }

    func build(_ m: ModuleBuilder) {
      let word = m.input("word", Unsigned.self, width: 4)
      let kept = m.register("kept", Unsigned.self, width: 4, reset: 0)
      let mixer = m.instance("u_mixer", Mixer())
      mixer.connect("first", word)
      mixer.connect("second", kept)
      let words = m.memory("words", Unsigned.self, width: 4, depth: 16, readLatency: 0, style: .distributed)
      words.write(kept, word, enable: word[0])
      kept.next(mixer.output("mixed", Unsigned.self))
      m.output("kept", kept)
      m.output("found", words.read(word))
    }
  }

  private static let assignment = "assign mixed_o = first_i ^ second_i;"

  private func findings(_ file: String, _ original: String, _ replacement: String) throws -> [DesignFinding] {
    let top = MixingRegister()
    let check = DesignCheck(top: top.moduleName)
    return try SynthesisDirectory.with(top) { name, text in
      guard name == file else { return text }
      let parts = text.components(separatedBy: original)
      try #require(parts.count == 2, "'\(original)' must occur exactly once in \(text)")
      return parts.joined(separator: replacement)
    } _: { directory in
      for file in DesignCheck.files {
        try Data(file.text.utf8).write(to: directory.appendingPathComponent(file.name))
      }
      let outcome = try SynthesisDirectory.yosys().run(check.script, in: directory)
      return try check.findings(in: directory, log: outcome.succeeded ? nil : outcome.messages)
    }
  }

  @Test func whatIsEmittedHasNoFault() throws {
    #expect(try findings("mixer.sv", Self.assignment, Self.assignment) == [])
  }

  static let faults: [(what: String, file: String, original: String, replacement: String, kind: DesignFinding.Kind)] = [
    (
      "a latch in always_comb", "mixer.sv", assignment, "always_comb if (first_i[0]) mixed_o = second_i;", .latch
    ),
    ("a latch in always", "mixer.sv", assignment, "always @* if (first_i[0]) mixed_o = second_i;", .latch),
    ("bits of an output", "mixer.sv", assignment, "assign mixed_o[2:0] = first_i[2:0] ^ second_i[2:0];", .undriven),
    ("an open port", "mixing_register.sv", ".second_i (kept_q)", ".second_i ()", .undriven),
    ("two assignments", "mixer.sv", assignment, assignment + " assign mixed_o[1] = second_i[0];", .drivers),
    (
      "an assignment beside an instance", "mixing_register.sv", "assign kept_o =",
      "assign mixer_mixed[2] = word_i[1]; assign kept_o =", .drivers
    ),
    ("a loop in a module", "mixer.sv", assignment, "assign mixed_o = first_i ^ second_i ^ ~mixed_o;", .loop),
    ("a loop across modules", "mixing_register.sv", ".second_i (kept_q)", ".second_i (mixer_mixed)", .loop),
    ("a loop through a memory", "mixing_register.sv", "words[word_i]", "words[word_i ^ found_o]", .loop),
  ]

  @Test(arguments: faults.indices) func eachPlantedFaultIsFound(_ index: Int) throws {
    let fault = Self.faults[index]
    let findings = try findings(fault.file, fault.original, fault.replacement)
    #expect(findings.contains { $0.kind == fault.kind }, "\(fault.what): \(findings)")
  }

  @Test func aTextThatCannotBeReadIsSaidAndNotCalledAFault() throws {
    #expect(throws: SynthesisError.self) { try findings("mixer.sv", Self.assignment, "assign mixed_o = ;") }
  }

  @Test func checksThatDidNotRunAreNotTakenForClean() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("unchecked-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    #expect(throws: SynthesisError.self) { try DesignCheck(top: "mixer").findings(in: directory) }
    for (name, text) in [("checks.txt", "Found and reported 0 problems.\n"), ("latches.txt", "")] {
      try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }
    #expect(throws: SynthesisError.self) { try DesignCheck(top: "mixer").findings(in: directory) }
  }
}
