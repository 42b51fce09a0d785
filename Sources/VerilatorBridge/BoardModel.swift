import Foundation

/// A board's chip, built by Verilator and seen from its pins (`Sim/board.cpp`): a clock, a serial line, LEDs, a button.
///
/// Cached like `VerilatorModel`. What the memories hold lies beside the library in the cache, so that a session needs nothing of
/// the directory it was built from.
public final class BoardModel: @unchecked Sendable {
  // Unchecked: all stored values are immutable, and the library's functions hold no state outside a handle.

  /// Where the library lies.
  public let library: URL
  public let wasCached: Bool
  fileprivate let functions: BoardFunctions

  private init(library: URL, wasCached: Bool) throws(BridgeError) {
    functions = try BoardFunctions(path: library.path)
    self.library = library
    self.wasCached = wasCached
  }

  /// Builds the SystemVerilog of a directory, or finds it in the cache, and loads it.
  ///
  /// - Parameters:
  ///   - rtlDirectory: every `.sv` and `.v` file directly in it belongs to the design, every `.hex` file is what a memory holds.
  ///   - top: the top module, with the pins of `BoardTop`.
  ///   - cells: the vendor's cells in the design; `Sim/cells` has a model of each.
  ///   - progress: told in one line what takes time; not called when the cache has the model.
  public static func build(
    rtlDirectory: URL, top: String, cells: [String], cacheDirectory: URL? = nil,
    progress: (String) -> Void = { _ in }
  ) throws(BridgeError) -> BoardModel {
    let simulation = try BuildRecipe.harnessDirectory()
    var bench = BuildRecipe.Bench(
      sources: [], harness: try BuildRecipe.source(simulation.appendingPathComponent("board.cpp")))
    for cell in cells {
      bench.sources.append(try BuildRecipe.source(simulation.appendingPathComponent("cells/\(cell).sv")))
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: rtlDirectory.path)) ?? []
    for name in names.sorted() where name.hasSuffix(".hex") {
      bench.contents.append(try BuildRecipe.source(rtlDirectory.standardizedFileURL.appendingPathComponent(name)))
    }
    let recipe = try BuildRecipe(
      rtlDirectory: rtlDirectory, top: top, options: .init(),
      cacheDirectory: cacheDirectory ?? VerilatorModel.defaultCacheDirectory, bench: bench)
    let (library, wasCached) = try recipe.library(progress: progress)
    return try BoardModel(library: library, wasCached: wasCached)
  }
}

/// A powered board whose model runs when bytes are waited for. To be used on one thread at a time.
public final class BoardSession {
  private let model: BoardModel
  private let handle: UnsafeMutableRawPointer
  private var functions: BoardFunctions { model.functions }

  /// - Parameter cyclesPerBit: clock cycles that a bit of the serial line lasts on the host's side.
  public init(model: BoardModel, cyclesPerBit: Int) throws(BridgeError) {
    self.model = model
    let place = model.library.deletingLastPathComponent().path
    guard let handle = model.functions.create(place, UInt32(cyclesPerBit)) else {
      throw .library("\(model.library.path) cannot make a board")
    }
    self.handle = handle
  }

  deinit { functions.destroy(handle) }

  /// Clock cycles since power came on.
  public var cycle: Int { Int(functions.cycle(handle)) }
  /// The LEDs, number 0 lowest.
  public var leds: UInt8 { UInt8(truncatingIfNeeded: functions.leds(handle)) }
  /// Frames of the board without a stop bit.
  public var framingErrors: Int { Int(functions.framingErrors(handle)) }

  /// Whether the host asks the board to send nothing.
  public var holds = false { didSet { setPins() } }
  /// Whether the reset button is pressed.
  public var isButtonPressed = false { didSet { setPins() } }

  private func setPins() { functions.setPins(handle, holds ? 1 : 0, isButtonPressed ? 0 : 1) }

  /// Bytes that leave for the board one after the other, while the model runs.
  public func send(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { functions.send(handle, start, UInt64(buffer.count)) }
    }
  }

  /// Runs until a byte has come, `cycles` at most; what has come, up to `count` bytes.
  public func receive(atMost count: Int, cycles: Int) -> [UInt8] {
    _ = functions.run(handle, UInt64(cycles), 1)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = buffer.baseAddress.map { Int(functions.take(handle, $0, UInt64(count))) } ?? 0
    }
  }

  /// Runs for some cycles, whatever comes.
  public func run(cycles: Int) { _ = functions.run(handle, UInt64(cycles), .max) }
}

/// The functions of a loaded library.
private struct BoardFunctions {
  typealias Handle = UnsafeMutableRawPointer

  let create: @convention(c) (UnsafePointer<CChar>, UInt32) -> Handle?
  let destroy: @convention(c) (Handle) -> Void
  let send: @convention(c) (Handle, UnsafePointer<UInt8>, UInt64) -> Void
  let run: @convention(c) (Handle, UInt64, UInt64) -> UInt64
  let take: @convention(c) (Handle, UnsafeMutablePointer<UInt8>, UInt64) -> UInt64
  let setPins: @convention(c) (Handle, UInt32, UInt32) -> Void
  let leds: @convention(c) (Handle) -> UInt32
  let cycle: @convention(c) (Handle) -> UInt64
  let framingErrors: @convention(c) (Handle) -> UInt64

  /// Loads the library; it stays loaded for the life of the process.
  init(path: String) throws(BridgeError) {
    guard let image = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .library(dlerror().map { String(cString: $0) } ?? path)
    }
    func symbol<Function>(_ name: String, _ type: Function.Type = Function.self) throws(BridgeError) -> Function {
      guard let address = dlsym(image, "setun_board_" + name) else {
        throw .library("\(path) has no setun_board_\(name)")
      }
      return unsafeBitCast(address, to: type)
    }
    create = try symbol("create")
    destroy = try symbol("destroy")
    send = try symbol("send")
    run = try symbol("run")
    take = try symbol("take")
    setPins = try symbol("set_pins")
    leds = try symbol("leds")
    cycle = try symbol("cycle")
    framingErrors = try symbol("framing_errors")
  }
}
