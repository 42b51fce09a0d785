import HardwareDescription
import HardwareExamples
import HardwareSimulator
import SeededRandom
import Testing

/// A wire from the transmitter to the receiver.
private final class SerialLoop: BenchProcess {
  func drive(_ simulation: Simulation) throws(SimulationError) {
    try simulation.poke("rx", simulation.peek("tx") == 1)
  }

  func sample(_ simulation: Simulation) {}
}

@Suite struct UARTTests {
  static let divisor = 8

  static func uart(depth: Int = 4) throws -> Simulation {
    let elaboration = Elaborator().run(UART(divisor: divisor, depth: depth))
    #expect(elaboration.diagnostics == [])
    let simulation = try Simulation(elaboration, initialState: .random(seed: 3))
    try simulation.poke("rx", true)
    simulation.reset()
    return simulation
  }

  /// The levels of a frame, each to be held for a bit.
  static func frame(_ byte: Int, stop: Bool = true) -> [Bool] {
    [false] + (0..<8).map { byte >> $0 & 1 == 1 } + [stop]
  }

  /// Puts levels on the line, `cyclesPerBit` cycles each, and notes the bytes that arrive.
  static func receive(
    _ simulation: Simulation, _ levels: [Bool], cyclesPerBit: Double = Double(divisor), ready: Bool = true
  ) throws -> [Int] {
    var bytes: [Int] = []
    try simulation.poke("received_ready", ready)
    for cycle in 0..<Int(Double(levels.count) * cyclesPerBit) {
      try simulation.poke("rx", levels[Int(Double(cycle) / cyclesPerBit)])
      if ready, try simulation.peek("received_valid") == 1 { bytes.append(Int(try simulation.peek("received_data"))) }
      simulation.step()
    }
    return bytes
  }

  @Test(arguments: [UInt64(1), 2, 3]) func bytesSurviveALoopUnderRandomStalls(_ seed: UInt64) throws {
    let simulation = try Self.uart()
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<60).map { _ in Int.random(in: 0..<256, using: &random) }
    let received = try StreamExchange.run(
      simulation, sending: bytes, into: "send", from: "received", seed: seed, limit: 100 * bytes.count * Self.divisor,
      with: [SerialLoop()])
    #expect(received == bytes, "seed \(seed)")
    #expect(try simulation.peek("framing_error") == 0)
    #expect(try simulation.peek("overrun") == 0)
    // A frame and the cycle after it.
    #expect(simulation.cycle >= bytes.count * (10 * Self.divisor + 1))
  }

  @Test func theLineCarriesTheFrame() throws {
    let simulation = try Simulation(UARTTransmitter(divisor: 5))
    simulation.reset()
    #expect(try simulation.peek("tx") == 1)
    try simulation.poke("in_valid", true)
    try simulation.poke("in_data", 0xA6)
    simulation.step()
    try simulation.poke("in_valid", false)
    for level in Self.frame(0xA6) {
      for _ in 0..<5 {
        #expect(try simulation.peek("tx") == (level ? 1 : 0))
        #expect(try simulation.peek("in_ready") == 0)
        simulation.step()
      }
    }
    #expect(try simulation.peek("in_ready") == 1)
    #expect(try simulation.peek("tx") == 1)
  }

  @Test func aBadStopBitIsReportedAndGivesNoByte() throws {
    let simulation = try Self.uart()
    let idle = [true, true, true]
    #expect(try Self.receive(simulation, Self.frame(0x5A, stop: false) + idle) == [])
    #expect(try simulation.peek("framing_error") == 1)
    #expect(try Self.receive(simulation, Self.frame(0xC3) + idle) == [0xC3])
    #expect(try simulation.peek("framing_error") == 1, "kept until it is cleared")
    try simulation.poke("clear_errors", true)
    simulation.step()
    #expect(try simulation.peek("framing_error") == 0)
  }

  @Test func aLineThatStaysLowIsOneErrorAndNoBytes() throws {
    let simulation = try Simulation(UARTReceiver(divisor: Self.divisor))
    try simulation.poke("rx", true)
    simulation.reset()
    try simulation.poke("out_ready", true)
    try simulation.poke("rx", false)
    var (errors, bytes) = (0, 0)
    for _ in 0..<400 {
      errors += Int(try simulation.peek("framing_error"))
      bytes += Int(try simulation.peek("out_valid"))
      simulation.step()
    }
    #expect(errors == 1)
    #expect(bytes == 0)
  }

  @Test func aShortPulseIsNoStartBit() throws {
    let simulation = try Self.uart()
    let pulse = Array(repeating: false, count: Self.divisor / 2 - 1) + Array(repeating: true, count: 20 * Self.divisor)
    #expect(try Self.receive(simulation, pulse, cyclesPerBit: 1) == [])
    #expect(try simulation.peek("framing_error") == 0)
  }

  @Test(arguments: [0.96, 1, 1.04]) func aSenderOfSlightlyAnotherRateIsUnderstood(_ rate: Double) throws {
    let simulation = try Self.uart()
    let bytes = [0x00, 0xFF, 0x55, 0xAA, 0x81]
    let levels = bytes.flatMap { Self.frame($0) + [true] } + [true, true]
    #expect(try Self.receive(simulation, levels, cyclesPerBit: Double(Self.divisor) * rate) == bytes)
  }

  @Test func aByteTooManyIsLostAndReported() throws {
    let simulation = try Self.uart(depth: 2)
    // The FIFO holds two bytes and the receiver one.
    _ = try Self.receive(simulation, [1, 2, 3].flatMap { Self.frame($0) + [true] }, ready: false)
    #expect(try simulation.peek("overrun") == 0)
    _ = try Self.receive(simulation, Self.frame(4) + [true], ready: false)
    #expect(try simulation.peek("overrun") == 1)
    #expect(try Self.receive(simulation, [true, true]) == [1, 2, 3])
  }

  @Test func aDivisorThatIsTooSmallIsReported() {
    for module in [UARTTransmitter(divisor: 3) as any HardwareModule, UARTReceiver(divisor: 0)] {
      #expect(Elaborator().run(module).errors.contains { $0.number == "HD013" && $0.message.contains("a bit of") })
    }
  }
}
