import Foundation

/// A fault of a design that Yosys finds before it maps anything.
public struct DesignFinding: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case latch, undriven, drivers, loop
    /// What Yosys finds besides.
    case other
  }

  public var kind: Kind
  /// In the words of Yosys.
  public var text: String

  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// Looks for latches, undriven nets, second drivers and combinational loops: in each module, and then in the flattened
/// design, since a loop or a port that nothing drives may show only across modules.
public struct DesignCheck: Sendable {
  public var top: String

  public init(top: String) { self.top = top }

  private static let checks = "checks.txt"
  private static let latches = "latches.txt"
  private static let reads = (name: "memory_reads.v", text: memoryReads)

  /// Files that ``script`` reads beside the design.
  public static let files = [reads]

  /// Reads every `.sv` file of the directory it runs in, and writes what ``findings(in:log:)`` reads.
  public var script: String {
    """
    read_verilog -sv *.sv; hierarchy -check -top \(top); proc; tee -q -o \(Self.checks) check; \
    tee -q -o \(Self.latches) select -list t:$dlatch t:$adlatch t:$dlatchsr t:$sr t:$_DLATCH* t:$_SR*; \
    flatten; techmap -map \(Self.reads.name); opt_clean; \
    tee -q -a \(Self.checks) check; tee -q -a \(Self.checks) scc
    """
  }

  /// What the script found.
  ///
  /// - Parameters:
  ///   - directory: in which it ran.
  ///   - log: what it printed, when it did not come to its end.
  /// - Throws: when it ended for another reason than a finding.
  public func findings(in directory: URL, log: String? = nil) throws(SynthesisError) -> [DesignFinding] {
    if let log {
      let errors = log.split(separator: "\n").filter { $0.contains("ERROR: ") }.map(String.init)
      let latches = errors.filter { $0.contains("Latch inferred") }.map { DesignFinding(.latch, $0) }
      guard latches.isEmpty else { return latches }
      throw SynthesisError("Yosys cannot read the design: \(errors.first ?? String(log.suffix(300)))")
    }
    func text(_ name: String) throws(SynthesisError) -> String {
      guard let data = FileManager.default.contents(atPath: directory.appendingPathComponent(name).path) else {
        throw SynthesisError("Yosys has not written \(name).")
      }
      return String(decoding: data, as: UTF8.self)
    }
    let latches = try text(Self.latches).split(separator: "\n").map { DesignFinding(.latch, "latch \($0)") }
    return latches + (try Self.findings(try text(Self.checks)))
  }

  /// Of what `check` and `scc` printed. The same is found in a module and again in the flattened design, where its name
  /// may be longer.
  static func findings(_ text: String) throws(SynthesisError) -> [DesignFinding] {
    var findings: [DesignFinding] = []
    var reported = 0
    var passes = 0
    for line in text.split(separator: "\n") {
      if let warning = line.range(of: "Warning: ") {
        let sentence = String(line[warning.upperBound...])
        findings.append(DesignFinding(kind(sentence), sentence))
      } else if line.hasPrefix("    "), let last = findings.indices.last {
        // Drivers, or steps of a loop.
        findings[last].text += " " + line.split(separator: " ").joined(separator: " ") + ";"
      } else if line.hasPrefix("Found and reported ") {
        reported += line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        passes += 1
      } else if line.hasPrefix("Found an SCC: "), !findings.contains(where: { $0.kind == .loop }) {
        findings.append(DesignFinding(.loop, String(line)))
      }
    }
    guard passes == 2, text.contains(/Found \d+ SCCs\./) else {
      throw SynthesisError("Yosys has not finished its checks.")
    }
    if reported > 0, findings.isEmpty {
      findings.append(DesignFinding(.other, "Yosys counts \(reported) problems and names none."))
    }
    var seen: Set<DesignFinding> = []
    return findings.filter { seen.insert($0).inserted }
  }

  private static func kind(_ sentence: String) -> DesignFinding.Kind {
    if sentence.contains("has no driver") { return .undriven }
    if sentence.contains("onflicting") { return .drivers }
    return sentence.contains("logic loop") ? .loop : .other
  }

  /// Makes of each read of a memory the logic that it is at most, so that a loop through one is seen: every bit of the
  /// word depends on every bit of the address. What is read into a register has its register behind it.
  private static let memoryReads = """
    (* techmap_celltype = "$memrd $memrd_v2" *)
    module memory_read (CLK, EN, ARST, SRST, ADDR, DATA);
      parameter MEMID = "";
      parameter ABITS = 1;
      parameter WIDTH = 1;
      parameter CLK_ENABLE = 0;
      parameter CLK_POLARITY = 0;
      parameter TRANSPARENT = 0;
      parameter TRANSPARENCY_MASK = 0;
      parameter COLLISION_X_MASK = 0;
      parameter ARST_VALUE = 0;
      parameter SRST_VALUE = 0;
      parameter INIT_VALUE = 0;
      parameter CE_OVER_SRST = 0;
      input CLK, EN, ARST, SRST;
      input [ABITS-1:0] ADDR;
      output [WIDTH-1:0] DATA;
      assign DATA = {WIDTH{^ADDR}};
    endmodule

    """
}
