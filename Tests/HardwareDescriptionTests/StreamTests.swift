import HardwareDescription
import Testing

/// A skid buffer, a queue and another skid buffer in a row.
private struct StreamChain: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 12)
    let sink = m.outputStream("out", Unsigned.self, width: 12)
    let first = m.instance("u_first", SkidBuffer(width: 12))
    let queue = m.instance("u_queue", StreamQueue(width: 12, depth: 4))
    let last = m.instance("u_last", SkidBuffer(width: 12))
    first.connectStream("in", from: source)
    queue.connect("in_valid", first.output("out_valid", Bit.self))
    queue.connect("in_data", first.output("out_data", Unsigned.self))
    first.connect("out_ready", queue.output("in_ready", Bit.self))
    last.connect("in_valid", queue.output("out_valid", Bit.self))
    last.connect("in_data", queue.output("out_data", Unsigned.self))
    queue.connect("out_ready", last.output("in_ready", Bit.self))
    last.connectStream("out", to: sink)
  }
}

/// A sender of numbered words, which keeps the rules, in front of a design.
private struct StreamBench: HardwareModule {
  let design: any HardwareModule
  var moduleName: String { "stream_bench" }

  func build(_ m: ModuleBuilder) {
    let offer = m.input("offer", Bit.self)
    let sink = m.outputStream("out", Unsigned.self, width: 12)
    let valid = m.register("valid", Bit.self, reset: false)
    let word = m.register("word", Unsigned.self, width: 12, reset: 0)
    let dut = m.instance("u_dut", design)
    let passes = m.wire("passes", valid && dut.output("in_ready", Bit.self))
    m.when(passes || !valid) { valid.next(offer) }
    m.when(passes) { word.next(word &+ 1) }
    dut.connect("in_valid", valid)
    dut.connect("in_data", word)
    dut.connectStream("out", to: sink)
    m.output("passed", passes)
  }
}

@Suite struct StreamTests {
  static var designs: [any HardwareModule] {
    [SkidBuffer(width: 12), StreamQueue(width: 12, depth: 4), StreamChain()]
  }

  @Test(arguments: designs.indices, [UInt64(1), 2, 3])
  func wordsPassInOrderUnderRandomStalls(_ number: Int, _ seed: UInt64) throws {
    let design = Self.designs[number]
    #expect(Elaborator().run(design).diagnostics == [])
    var random = SeededGenerator(state: seed)
    let cycles = (0..<600).map { cycle -> [String: UInt64] in
      // The receiver is now slower, now faster than the sender.
      let takes = UInt64.random(in: 0..<4, using: &random) < (cycle / 40 % 2 == 0 ? 1 : 3)
      return ["offer": UInt64.random(in: 0..<4, using: &random) < 3 ? 1 : 0, "out_ready": takes ? 1 : 0]
    }
    let outputs = try ClockedBench.run(StreamBench(design: design), cycles)
    try #require(outputs.count == cycles.count)
    var received = 0
    var waiting: String?
    for (input, output) in zip(cycles, outputs) {
      if let waiting {
        #expect(output["out_valid"] == "1" && output["out_data"] == waiting, "rule 2, seed \(seed)")
      }
      waiting = nil
      guard output["out_valid"] == "1", let data = output["out_data"] else { continue }
      if input["out_ready"] == 1 {
        #expect(UInt64(data, radix: 16) == UInt64(received), "seed \(seed)")
        received += 1
      } else {
        waiting = data
      }
    }
    let sent = outputs.filter { $0["passed"] == "1" }.count
    #expect(received > 200, "seed \(seed)")
    #expect((0...8).contains(sent - received), "seed \(seed)")
  }

  @Test(arguments: designs.indices) func everyFrontEndAcceptsTheText(_ number: Int) throws {
    let design = Self.designs[number]
    try Tools.withDirectory { directory in
      let files = try Tools.emit(design, to: directory)
      #expect(try Tools.complaints(about: files, top: design.moduleName, in: directory) == [])
    }
  }

  @Test func aFullQueueAndAFullSkidBufferHoldWhatTheySay() throws {
    for (design, room) in [(SkidBuffer(width: 12) as any HardwareModule, 2), (StreamQueue(width: 12, depth: 4), 4)] {
      let cycles = (0..<10).map { ["in_valid": UInt64(1), "in_data": UInt64($0), "out_ready": 0] }
      let outputs = try ClockedBench.run(design, cycles)
      #expect(outputs.filter { $0["in_ready"] == "1" }.count == room)
    }
  }
}
