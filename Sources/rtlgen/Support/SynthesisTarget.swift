import ArgumentParser
import SetunExploration

/// For what Yosys synthesises.
enum SynthesisTarget: String, ExpressibleByArgument, CaseIterable {
  case ecp5, xilinx, intel

  /// For people.
  var title: String {
    switch self {
    case .ecp5: "Lattice ECP5"
    case .xilinx: "AMD UltraScale+"
    case .intel: "Intel Cyclone V, which stands for the later families that Yosys does not know"
    }
  }

  var fabric: Fabric {
    switch self {
    case .ecp5: .ecp5
    case .xilinx: .ultraScalePlus
    case .intel: .stratix10
    }
  }

  /// The command of Yosys that keeps the hierarchy, without its top module.
  var command: String {
    switch self {
    case .intel: "synth_intel_alm -family cyclonev -noiopad -noclkbuf -noflatten"
    case .ecp5, .xilinx: fabric.synthesis ?? ""
    }
  }
}
