import HardwareDescription

/// A module, what is assumed of its surroundings, and what is to be proved of it.
///
/// The properties are written into the module's emitted text, unchanged otherwise, so they may name everything in it:
///
///     var harness = try FormalHarness(SkidBuffer(width: 8))     // with the rules of its streams
///     harness.add(try WordTracker(harness.module, capacity: 2).part)
///     harness.add(.assert("A word is caught only behind another one.", when: "caught_q", "out_valid_q"))
///     let report = try FormalRun().run(harness)
///
/// Every harness holds the reset for the first cycle and leaves it free afterwards.
public struct FormalHarness: Sendable {
  /// How properties are proved.
  public enum Method: Hashable, Sendable {
    /// For ever: in the first cycles, and in every cycle after `lookBack` good ones at most.
    case induction
    /// For the first `depth` cycles after power-up only.
    case bounded
  }

  public let design: Design
  /// The module under proof, the top of the design.
  public let module: ModuleDefinition
  /// One line for what is special about the proof, such as a size smaller than the accelerator's.
  public var remark: String
  public var method = Method.induction
  /// Cycles from power-up: of a bounded proof, of the search for what breaks a property that induction does not prove, and
  /// the most within which covers are reached.
  public var depth = 20
  /// The most good cycles from which induction concludes that the next one is good; `depth` when nil.
  public var lookBack: Int?
  /// Declarations and processes of the harness.
  public private(set) var declarations: [String] = []
  public private(set) var properties: [FormalProperty] = []
  public private(set) var independences: [Independence] = []
  /// The emitted modules, without properties.
  public private(set) var files: [(name: String, text: String)]

  /// Elaborates and emits `top`.
  ///
  /// - Parameters:
  ///   - hasStreamRules: prove the rules of the streams that leave.
  ///   - assumesInputRules: take the streams that enter to keep the rules.
  ///   - remark: one line for what is special about the proof.
  public init(
    _ top: some HardwareModule, hasStreamRules: Bool = true, assumesInputRules: Bool = true, remark: String = ""
  ) throws(FormalError) {
    let elaboration = Elaborator().run(top)
    design = elaboration.design
    guard let module = design.top, let emitted = try? elaboration.systemVerilog(configuration: "formal") else {
      throw .cannotElaborate(top.moduleName, elaboration.errors.map(\.description).joined(separator: "\n"))
    }
    files = emitted.map { ($0.name, $0.text) }
    self.module = module
    self.remark = remark
    if hasStreamRules { add(StreamProperties(for: module, assumesInputs: assumesInputRules).part) }
  }

  /// The module's name.
  public var name: String { module.name }
  public var assumptions: [FormalProperty] { properties.filter { $0.kind == .assumption } }
  public var assertions: [FormalProperty] { properties.filter { $0.kind == .assertion } }
  public var covers: [FormalProperty] { properties.filter { $0.kind == .cover } }

  public mutating func add(_ part: FormalPart) {
    if !part.declarations.isEmpty { declarations.append(part.declarations) }
    properties += part.properties
    independences += part.independences
  }

  public mutating func add(_ properties: FormalProperty...) { self.properties += properties }

  public mutating func add(_ independence: Independence) { independences.append(independence) }

  /// Declares registers, wires and processes for properties to use.
  public mutating func declare(_ text: String) { declarations.append(text) }

  /// Changes the emitted text, as a fault would; `text` must be in the file exactly once.
  public func replacing(_ text: String, with other: String, in file: String) throws(FormalError) -> FormalHarness {
    var copy = self
    for (number, old) in files.enumerated() where old.name == file {
      let parts = old.text.split(separator: text, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw .notOneReplacement(text, file: file, count: parts.count - 1) }
      copy.files[number].text = "\(parts[0])\(other)\(parts[1])"
      return copy
    }
    throw .notOneReplacement(text, file: file, count: 0)
  }
}
