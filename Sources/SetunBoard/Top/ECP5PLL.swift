import HardwareDescription

/// The dividers of an ECP5's PLL that makes one frequency of another: EHXPLLL with its feedback from CLKOP.
public struct ECP5PLL: Hashable, Sendable {
  public let inputMHz: Int
  public let outputMHz: Int
  /// CLKI_DIV: input over the phase detector's frequency.
  public let inputDivider: Int
  /// CLKFB_DIV: output over the phase detector's frequency.
  public let feedbackDivider: Int
  /// CLKOP_DIV: oscillator over output.
  public let outputDivider: Int

  /// The oscillator, in MHz.
  public var oscillatorMHz: Int { outputMHz * outputDivider }

  /// Limits of the oscillator, in MHz (Lattice FPGA-DS-02012, table "sysCLOCK PLL Timing").
  static let oscillator = 400...800
  /// The phase detector's least frequency, in MHz, rounded up.
  static let leastDetectorMHz = 4

  /// The exact ratio with the oscillator nearest to the middle of its range.
  ///
  /// - Throws: when no dividers make exactly that frequency.
  public init(inputMHz: Int, outputMHz: Int) throws(BoardError) {
    self.inputMHz = inputMHz
    self.outputMHz = outputMHz
    let common = Self.commonDivisor(inputMHz, outputMHz)
    inputDivider = inputMHz / common
    feedbackDivider = outputMHz / common
    let middle = (Self.oscillator.lowerBound + Self.oscillator.upperBound) / 2
    let possible = (1...128).filter { Self.oscillator.contains(outputMHz * $0) }
    guard let divider = possible.min(by: { abs(outputMHz * $0 - middle) < abs(outputMHz * $1 - middle) }),
      common >= Self.leastDetectorMHz, inputDivider <= 128, feedbackDivider <= 80
    else { throw BoardError("The PLL cannot make \(outputMHz) MHz of \(inputMHz) MHz.") }
    outputDivider = divider
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? max(1, a) : commonDivisor(b, a % b) }

  static let cellName = "EHXPLLL"

  /// The cell. `CLKFB` is to be connected to `CLKOP`.
  var cell: ExternalModule {
    ExternalModule(
      Self.cellName,
      // The filter's settings are those that Project Trellis gives for every frequency.
      attributes: ["ICP_CURRENT": "12", "LPF_RESISTOR": "8", "MFG_ENABLE_FILTEROPAMP": "1", "MFG_GMCREF_SEL": "2"],
      parameters: [
        "PLLRST_ENA": "DISABLED", "INTFB_WAKE": "DISABLED", "STDBY_ENABLE": "DISABLED", "DPHASE_SOURCE": "DISABLED",
        "OUTDIVIDER_MUXA": "DIVA", "OUTDIVIDER_MUXB": "DIVB", "OUTDIVIDER_MUXC": "DIVC", "OUTDIVIDER_MUXD": "DIVD",
        "CLKI_DIV": .integer(inputDivider), "CLKOP_ENABLE": "ENABLED", "CLKOP_DIV": .integer(outputDivider),
        "CLKOP_CPHASE": .integer(outputDivider / 2), "CLKOP_FPHASE": 0, "FEEDBK_PATH": "CLKOP",
        "CLKFB_DIV": .integer(feedbackDivider),
      ],
      ports: Self.tied.map { .input($0.name) } + [.input("CLKI"), .input("CLKFB"), .output("CLKOP"), .output("LOCK")])
  }

  /// Inputs that keep a level: the phase does not change, and CLKOP never stops.
  static let tied: [(name: String, level: Bool)] = [
    ("RST", false), ("STDBY", false), ("PHASESEL0", false), ("PHASESEL1", false), ("PHASEDIR", true),
    ("PHASESTEP", true), ("PHASELOADREG", true), ("PLLWAKESYNC", false), ("ENCLKOP", false),
  ]
}

extension ModuleBuilder {
  /// The clock that the PLL makes of `input`, and its lock.
  func pll(_ settings: ECP5PLL, _ input: Bit) -> (clock: Bit, lock: Bit) {
    let pll = instance(
      "u_pll", external: settings.cell,
      comment:
        "\(settings.inputMHz) MHz to \(settings.outputMHz) MHz; the oscillator runs at \(settings.oscillatorMHz) MHz.")
    for (name, level) in ECP5PLL.tied { pll.connect(name, Bit(level)) }
    let clock = pll.output("CLKOP", Bit.self)
    pll.connect("CLKI", input)
    pll.connect("CLKFB", clock)
    return (clock, pll.output("LOCK", Bit.self))
  }
}
