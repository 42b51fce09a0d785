import Foundation
import SetunBoard
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

/// The Verilator build of a whole board, talked to over the bits of its serial line.
@Suite(.serialized) struct BoardSimulationTests {
  private static func expected(_ prompt: [Int], _ budget: Int, endToken: Int? = nil) throws -> [Int] {
    var machine = MachineSimulator(try PlayedBoard.ulx3s.get().model)
    var observer = NoObserver()
    let request = RunRequest(prompt: prompt, budget: budget, endToken: endToken)
    return try machine.run(request, memory: .onChip, records: false, observer: &observer).generated
  }

  private static func run(
    _ host: BoardHost, _ prompt: [Int], _ budget: Int, endToken: Int? = nil
  ) throws -> (tokens: [Int], status: CoreStatus) {
    var tokens: [Int] = []
    let status = try host.run(prompt: prompt, budget: budget, endToken: endToken, options: .clear) { token, _ in
      tokens.append(token)
    }
    return (tokens, status)
  }

  @Test func oneSessionRunsSequenceAfterSequenceAsTheSimulatorDoes() throws {
    let port = try PlayedBoard.port()
    let host = try BoardHost(port, configuration: .ulx3s)
    for (prompt, budget) in [([1, 17, 200], 6), ([1], 4), ([1, 400, 5, 5, 33, 511, 0], 3)] {
      let (tokens, status) = try Self.run(host, prompt, budget)
      #expect(tokens == (try Self.expected(prompt, budget)))
      #expect(status == CoreStatus(isBusy: false, cause: .budgetReached, hasToken: false))
    }
    #expect(port.session.framingErrors == 0)
    // Not busy, no error, the cause, and 13 tokens.
    #expect(port.session.leds & 0b1111_1110 == StopCause.budgetReached.rawValue << 4 | 0b0100)
  }

  @Test func aRunEndsWithTheEndToken() throws {
    let host = try BoardHost(try PlayedBoard.port(), configuration: .ulx3s)
    let all = try Self.expected([1, 17, 200], 6)
    let end = all[2]
    let wanted = Array(all.prefix { $0 != end }) + [end]
    let (tokens, status) = try Self.run(host, [1, 17, 200], 6, endToken: end)
    #expect(tokens == wanted && status.cause == .endOfSequence)
  }

  @Test func logitsAreThoseOfTheSimulatorAndTheStateIsKeptBetweenRuns() throws {
    struct Rows: RunObserver {
      var rows: [[Float]] = []
      mutating func token(_ id: Int, stream: Int, cycle: Int, isGenerated: Bool) {}
      mutating func logits(_ values: [Float], stream: Int) { rows.append(values) }
    }
    let host = try BoardHost(try PlayedBoard.port(), configuration: .ulx3s)
    var machine = MachineSimulator(try PlayedBoard.ulx3s.get().model)
    for (number, prompt) in [[1, 30], [77], [300]].enumerated() {
      var observer = Rows()
      let request = RunRequest(prompt: prompt, budget: 1, clear: number == 0)
      let expected = try machine.run(request, memory: .onChip, records: false, observer: &observer)
      var (tokens, rows): ([Int], [[Float]]) = ([], [])
      let options: ControlCommand = number == 0 ? [.clear, .logits] : .logits
      _ = try host.run(prompt: prompt, budget: 1, endToken: nil, options: options) { token, logits in
        tokens.append(token)
        rows.append(logits)
      }
      #expect(tokens == expected.generated)
      #expect(rows.map { $0.map(\.bitPattern) } == observer.rows.map { $0.map(\.bitPattern) })
    }
  }

  @Test func anErrorOfTheCoreReachesHostAndLEDsAndTheNextRunWorks() throws {
    let port = try PlayedBoard.port()
    let host = try BoardHost(port, configuration: .ulx3s)
    // A token beyond the vocabulary of 512.
    let (tokens, status) = try Self.run(host, [1, 600], 2)
    #expect(tokens.isEmpty && status.cause == .badStart && !status.isBusy)
    #expect(port.session.leds & 0b1111_1110 == StopCause.badStart.rawValue << 4 | 0b1000)
    #expect(try Self.run(host, [1, 17], 2).tokens == (try Self.expected([1, 17], 2)))
    #expect(port.session.leds & 0b1111_1000 == StopCause.budgetReached.rawValue << 4)
    #expect(throws: BoardHostError.refused(address: 0x50, response: 2)) { try host.write(0x50, [1]) }
  }

  @Test func theButtonStopsEverythingAndTheBoardStartsAfresh() throws {
    let port = try PlayedBoard.port()
    let host = try BoardHost(port, configuration: .ulx3s)
    #expect(throws: CancellationError.self) {
      _ = try host.run(prompt: [1, 17, 200], budget: 50, endToken: nil, options: .clear) { _, _ in
        throw CancellationError()
      }
    }
    #expect(port.session.leds & 0b0010 != 0, "busy")
    port.session.isButtonPressed = true
    port.session.run(cycles: 2000)
    #expect(port.session.leds == 0)
    port.session.isButtonPressed = false
    port.session.run(cycles: 100)
    _ = port.receive(atMost: 100_000, within: 0)
    let again = try BoardHost(port, configuration: .ulx3s)
    #expect(try Self.run(again, [1, 17], 3).tokens == (try Self.expected([1, 17], 3)))
  }

  @Test func aHostThatHoldsLosesNothing() throws {
    let port = try PlayedBoard.port()
    let host = try BoardHost(port, configuration: .ulx3s)
    var tokens: [Int] = []
    _ = try host.run(prompt: [1, 17, 200], budget: 6, endToken: nil, options: .clear) { token, _ in
      tokens.append(token)
      port.session.holds = true
      port.session.run(cycles: 40_000)
      port.session.holds = false
    }
    #expect(tokens == (try Self.expected([1, 17, 200], 6)))
  }

  @Test func aSerialPortOfTheSystemReachesTheBoardAsWell() throws {
    let terminal = try PseudoTerminal()
    _ = try PlayedBoard.build.get()
    let relay = Relay(terminal)
    relay.start()
    defer { relay.stop() }
    let host = try BoardHost(
      try SerialPort(path: terminal.path, baud: 1_000_000), configuration: .ulx3s, patience: 60)
    #expect(try Self.run(host, [1, 17, 200], 4).tokens == (try Self.expected([1, 17, 200], 4)))
    #expect(try Self.run(host, [1, 9], 2).tokens == (try Self.expected([1, 9], 2)))
  }
}

/// A thread that carries bytes between a pseudo-terminal and a simulated board.
private final class Relay: @unchecked Sendable {
  // Unchecked: the flag is behind the lock, the rest belongs to the thread once it runs.
  private let terminal: PseudoTerminal
  private let lock = NSLock()
  private var isStopped = false
  private let ended = DispatchSemaphore(value: 0)

  init(_ terminal: PseudoTerminal) { self.terminal = terminal }

  func start() {
    Thread.detachNewThread { [self] in
      defer { ended.signal() }
      guard let port = try? PlayedBoard.port() else { return }
      while !lock.withLock({ isStopped }) {
        port.send(terminal.read(within: 0.01))
        // While a run goes on the board's time passes, as it would by itself.
        for _ in 0..<4 { terminal.write(port.receive(atMost: 4096, within: 200e-6)) }
      }
    }
  }

  func stop() {
    lock.withLock { isStopped = true }
    ended.wait()
  }
}
