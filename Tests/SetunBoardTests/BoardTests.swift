import BuiltInModel
import Checkpoint
import Foundation
import HardwareDescription
import SetunBoard
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing
import VerilatorBridge

/// A board with the built-in model, as it is emitted and as it is simulated.
struct PlayedBoard: Sendable {
  let model: CompiledModel
  let top: BoardTop

  /// The same for all tests.
  static let ulx3s = Result { try PlayedBoard() }
  /// Its Verilator build.
  static let build = Result { try ulx3s.get().simulation() }

  private init() throws {
    model = try CompiledModel(try Checkpoint(directory: BuiltInModel.directory), for: .ulx3s)
    let image = try OnChipImage(model)
    let banks = MemoryBank.banks(depth: image.depth, shapes: MemoryBankTests.shapes)
    let memory = OnChipMemory(image: image, banks: banks, configuration: .ulx3s)
    top = try BoardTop(board: .ulx3s, system: OnChipSystem(configuration: .ulx3s, memory: memory))
  }

  private func simulation() throws -> BoardModel {
    let place = FileManager.default.temporaryDirectory.appending(path: "board-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for file in try Elaborator().run(top).systemVerilog(configuration: "test") {
      try file.text.write(to: place.appending(path: file.name), atomically: false, encoding: .utf8)
    }
    return try BoardModel.build(rtlDirectory: place, top: top.moduleName, cells: BoardTop.cells)
  }

  static func port() throws -> SimulatedPort {
    try SimulatedPort(model: try build.get(), link: try ulx3s.get().top.link)
  }
}

@Suite struct BoardTests {
  @Test func everyPortOfTheTopIsOnOnePinAndEveryPinHasAPort() throws {
    let elaboration = Elaborator().run(try PlayedBoard.ulx3s.get().top)
    #expect(elaboration.diagnostics == [])
    let top = try #require(elaboration.design.top)
    #expect(top.clocks.isEmpty, "clock and reset are made inside")
    let ports = top.ports.flatMap { port in
      port.width == 1 ? [port.emittedName] : (0..<port.width).map { "\(port.emittedName)[\($0)]" }
    }
    let pins = Board.ulx3s.pins
    #expect(Set(ports) == Set(pins.map(\.port)) && ports.count == pins.count)
    #expect(Set(pins.map(\.site)).count == pins.count)
    for pin in pins {
      let port = try #require(top.ports.first { pin.port.hasPrefix($0.emittedName) })
      #expect((pin.drive != nil) == (port.direction == .output), "\(pin.port)")
    }
  }

  private func stored(_ path: String) throws -> String {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    return try String(contentsOf: package.appending(path: path), encoding: .utf8)
  }

  @Test func theStoredPinsAreThoseOfTheTable() throws {
    for board in Board.all {
      #expect(try stored("Constraints/\(board.name).lpf") == board.pinConstraints, "'make rtl' writes them anew")
    }
  }

  @Test func theArchitecturePageHasTheProtocol() throws {
    let page = try stored("ARCHITECTURE.md")
    for request in BoardRequest.allCases {
      #expect(page.contains("| 0x\(String(request.rawValue, radix: 16)) \(request) | "))
    }
    for message in BoardMessage.allCases {
      let row = page.split(separator: "\n").first { $0.hasPrefix("| 0x\(message.rawValue) \(message) | ") }
      let bytes = message.payloadBytes == 0 ? "-" : "(\(message.payloadBytes))"
      #expect(row?.contains(bytes) == true, "\(message)")
    }
    for fault in LinkFault.allCases {
      #expect(page.contains(fault.explanation.dropFirst(fault == .framing ? 2 : 3).prefix(12)))
    }
    #expect(page.contains("\(BoardLink.receiveBytes) bytes wait while a message leaves"))
  }

  @Test func thePLLMakesTheCoresClock() throws {
    let pll = try ECP5PLL(inputMHz: 25, outputMHz: 65)
    #expect(pll.inputDivider == 5 && pll.feedbackDivider == 13)
    #expect(pll.outputDivider == 9 && pll.oscillatorMHz == 585)
    for output in 10...200 {
      guard let pll = try? ECP5PLL(inputMHz: 25, outputMHz: output) else { continue }
      #expect(25 * pll.feedbackDivider == output * pll.inputDivider && (400...800).contains(pll.oscillatorMHz))
    }
    #expect(throws: BoardError.self) { try ECP5PLL(inputMHz: 25, outputMHz: 67) }
    #expect(throws: BoardError.self) { try ECP5PLL(inputMHz: 25, outputMHz: 900) }
  }

  @Test(arguments: [
    (1_000_000, 65, true), (115_200, 564, true), (3_000_000, 22, true), (40_000_000, 2, false), (0, 0, false),
  ])
  func theBaudRateIsMadeOfTheClockOrRefused(_ baud: Int, _ cycles: Int, _ isPossible: Bool) throws {
    let link = BoardLink(baud: baud, clockMHz: 65)
    if isPossible {
      try link.validate()
      #expect(link.cyclesPerBit == cycles)
    } else {
      #expect(throws: BoardError.self) { try link.validate() }
    }
  }

  @Test func thePLLsDividersStandInTheText() throws {
    let files = try Elaborator().run(try PlayedBoard.ulx3s.get().top).systemVerilog(configuration: "test")
    let text = try #require(files.last { $0.name == "setun_ulx3s.sv" }?.text)
    for part in [
      "(* ICP_CURRENT = \"12\" *)", ".CLKI_DIV        (5)", ".CLKFB_DIV       (13)", ".CLKOP_DIV       (9)",
      ".FEEDBK_PATH     (\"CLKOP\")", ".CLKI         (clk_25mhz_i)", "assign rst_pll_n = pll_LOCK && reset_button_n_i;",
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
  }
}
