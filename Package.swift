// swift-tools-version: 6.1
import PackageDescription

// `-march=x86-64-v3` reaches Swift through clang and enables AVX2; it is worth 2 to 8 times on the
// reference engine and the simulator.
let fast: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-march=x86-64-v3"], .when(platforms: [.linux]))
]

let package = Package(
  name: "Setun",
  products: [
    .library(
      name: "HardwareDescription",
      targets: ["HardwareDescription", "HardwareFormal", "HardwareLibrary", "HardwareSimulator"]),
    .executable(name: "rtlgen", targets: ["rtlgen"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // Numbers: the single definition of the machine's arithmetic.
    .target(name: "TernaryArithmetic", dependencies: ["TernaryKernels"], swiftSettings: fast),
    // Small files in, files out that appear complete or not at all, foreign text made fit for messages.
    .target(name: "Files"),
    // Random numbers that are the same for the same seed.
    .target(name: "SeededRandom"),
    // The loops that decide the simulator's speed, with AVX2 where the machine has it.
    .target(name: "TernaryKernels"),
    // The hardware-description language; knows nothing of the accelerator.
    .target(name: "HardwareDescription"),
    // Reusable modules: streams, queues, arbiters, synchronisers, arithmetic.
    .target(name: "HardwareLibrary", dependencies: ["HardwareDescription"]),
    // Runs an elaborated design: benches, waveforms.
    .target(name: "HardwareSimulator", dependencies: ["HardwareDescription", "SeededRandom"]),
    // Writes formal harnesses for modules of the language and runs the solver.
    .target(name: "HardwareFormal", dependencies: ["HardwareDescription", "HostTools"]),
    // Small designs that are not the accelerator.
    .target(name: "HardwareExamples", dependencies: ["HardwareDescription", "HardwareLibrary"]),
    // Finds and runs programs of the machine: simulators, compilers.
    .target(name: "HostTools"),
    // Random modules in the language, run on several simulators, and shrunk where these disagree.
    .target(
      name: "RandomModules",
      dependencies: ["HardwareDescription", "HardwareLibrary", "HardwareSimulator", "HostTools", "SeededRandom"]),
    // Configuration, instruction set, datapath graph and timing: what compiler, simulator and RTL share.
    .target(name: "SetunMachine", dependencies: ["Files", "SeededRandom", "TernaryArithmetic"], swiftSettings: fast),
    // The core, written in the hardware-description language.
    .target(
      name: "SetunCore", dependencies: ["HardwareDescription", "HardwareLibrary", "SetunMachine", "TernaryArithmetic"]),
    // Checkpoints, tokenizer, ternarisation and the float32 reference.
    .target(name: "Checkpoint", dependencies: ["Files", "SeededRandom"], swiftSettings: fast),
    // The checkpoint that is used when none is named.
    .target(name: "BuiltInModel", resources: [.copy("tales-1m")]),
    // From checkpoint and configuration to program and memory image.
    .target(
      name: "SetunCompiler", dependencies: ["Checkpoint", "Files", "SetunMachine", "TernaryArithmetic"],
      swiftSettings: fast),
    // The cycle-accurate machine in Swift.
    .target(
      name: "SetunSimulator", dependencies: ["SetunCompiler", "SetunMachine", "TernaryArithmetic"], swiftSettings: fast),
    // What a configuration does with a model: facts of a run, a page made from them, a trace.
    .target(
      name: "SetunReport",
      dependencies: ["Checkpoint", "SetunCompiler", "SetunMachine", "SetunSimulator", "TernaryArithmetic"]),
    // Sweeps machines over the simulator, and estimates what each takes of a device.
    .target(
      name: "SetunExploration",
      dependencies: ["Checkpoint", "Files", "SetunCompiler", "SetunMachine", "SetunSimulator"],
      resources: [.embedInCode("synthesis.json")], swiftSettings: fast),
    // Builds, caches, loads and drives the Verilator model of emitted SystemVerilog.
    .target(name: "VerilatorBridge", dependencies: ["Files", "HostTools", "SetunMachine"]),
    // The host's side of the control port in C, for user space and bare metal.
    .target(name: "SetunDriver"),
    // Directed and random benches that hold any built core to its specification.
    .target(
      name: "SetunVerification",
      dependencies: [
        "Checkpoint", "HardwareDescription", "HardwareSimulator", "SeededRandom", "SetunCompiler", "SetunCore",
        "SetunMachine", "SetunSimulator", "TernaryArithmetic", "VerilatorBridge",
      ],
      swiftSettings: fast),
    // What lies around the core on a board: its memory on the chip, a host on the serial line, tops, the host's side.
    .target(
      name: "SetunBoard",
      dependencies: [
        "HardwareDescription", "HardwareExamples", "HardwareLibrary", "SetunCompiler", "SetunCore", "SetunMachine",
        "VerilatorBridge",
      ]),
    // Cores as tools want them: shells, bus interfaces, scripts of FuseSoC, Vivado and Quartus, constraints.
    .target(
      name: "SetunPackaging", dependencies: ["HardwareDescription", "SetunCore", "SetunMachine"]),
    // What Yosys makes of the core: checks before synthesis, the trees against plain ones, netlists run beside their RTL.
    .target(
      name: "SetunSynthesis",
      dependencies: [
        "Files", "HardwareDescription", "HardwareLibrary", "HostTools", "SeededRandom", "SetunCore", "SetunMachine",
        "VerilatorBridge",
      ]),
    // Plants faults in emitted SystemVerilog, to see whether anything notices.
    .target(name: "MutationTesting", dependencies: ["SeededRandom"]),
    // What is proved of modules and core.
    .target(
      name: "Proofs",
      dependencies: ["HardwareDescription", "HardwareFormal", "HardwareLibrary", "SetunCore", "SetunMachine"]),
    // Spoils the files that loaders read, to see whether one crashes, hangs or takes too much memory.
    .target(
      name: "FuzzTesting",
      dependencies: [
        "Checkpoint", "HardwareDescription", "SeededRandom", "SetunCompiler", "SetunCore", "SetunMachine",
        "SetunSimulator", "TernaryArithmetic",
      ],
      swiftSettings: fast),
    .executableTarget(
      name: "rtlgen",
      dependencies: [
        "BuiltInModel", "Checkpoint", "Files", "FuzzTesting", "HardwareDescription", "HardwareExamples",
        "HardwareFormal", "HardwareSimulator", "HostTools", "MutationTesting", "Proofs", "RandomModules",
        "SetunBoard", "SetunCompiler", "SetunCore", "SetunExploration", "SetunMachine", "SetunPackaging", "SetunReport",
        "SetunSimulator", "SetunSynthesis", "SetunVerification",
        "TernaryArithmetic", "VerilatorBridge",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(
      name: "TernaryArithmeticTests", dependencies: ["SeededRandom", "TernaryArithmetic"], swiftSettings: fast),
    .testTarget(
      name: "HardwareDescriptionTests", dependencies: ["HardwareDescription", "HardwareSimulator", "SeededRandom"]),
    .testTarget(
      name: "HardwareLibraryTests",
      dependencies: ["HardwareDescription", "HardwareLibrary", "HardwareSimulator", "SeededRandom"]),
    .testTarget(
      name: "HardwareSimulatorTests", dependencies: ["HardwareDescription", "HardwareSimulator", "SeededRandom"]),
    .testTarget(
      name: "HardwareFormalTests",
      dependencies: ["HardwareDescription", "HardwareFormal", "HardwareLibrary", "Proofs", "SetunMachine"]),
    .testTarget(
      name: "HardwareExamplesTests",
      dependencies: [
        "HardwareDescription", "HardwareExamples", "HardwareLibrary", "HardwareSimulator", "SeededRandom",
      ],
      exclude: ["Golden"]),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["HardwareDescription", "HardwareFormal", "HardwareLibrary", "HardwareSimulator"]),
    .testTarget(name: "RandomModulesTests", dependencies: ["HardwareDescription", "RandomModules"]),
    .testTarget(name: "CheckpointTests", dependencies: ["BuiltInModel", "Checkpoint", "SeededRandom"]),
    .testTarget(name: "CommandLineTests", dependencies: ["Checkpoint", "SetunMachine", "rtlgen"]),
    .testTarget(
      name: "SetunCompilerTests",
      dependencies: ["BuiltInModel", "Checkpoint", "SeededRandom", "SetunCompiler", "SetunMachine"]),
    .testTarget(
      name: "SetunMachineTests", dependencies: ["HostTools", "SeededRandom", "SetunMachine", "TernaryArithmetic"]),
    .testTarget(
      name: "SetunExplorationTests",
      dependencies: [
        "BuiltInModel", "Checkpoint", "SetunCompiler", "SetunExploration", "SetunMachine", "SetunSimulator",
      ]),
    .testTarget(name: "VerilatorBridgeTests", dependencies: ["SeededRandom", "SetunMachine", "VerilatorBridge"]),
    .testTarget(
      name: "SetunCoreTests",
      dependencies: [
        "SeededRandom", "SetunCore", "SetunMachine", "SetunVerification", "HardwareDescription", "HardwareLibrary",
        "TernaryArithmetic", "VerilatorBridge",
      ]),
    .testTarget(
      name: "SetunSimulatorTests",
      dependencies: [
        "Checkpoint", "HardwareDescription", "SeededRandom", "SetunCompiler", "SetunCore", "SetunMachine",
        "SetunSimulator", "SetunVerification", "TernaryArithmetic", "VerilatorBridge",
      ]),
    .testTarget(
      name: "SetunReportTests",
      dependencies: ["BuiltInModel", "Checkpoint", "SetunCompiler", "SetunMachine", "SetunReport", "SetunSimulator"]),
    .testTarget(
      name: "SetunBoardTests",
      dependencies: [
        "BuiltInModel", "Checkpoint", "HardwareDescription", "HardwareSimulator", "SeededRandom", "SetunBoard",
        "SetunCompiler", "SetunMachine", "SetunSimulator", "VerilatorBridge",
      ]),
    .testTarget(
      name: "SetunDriverTests",
      dependencies: [
        "BuiltInModel", "Checkpoint", "HostTools", "SetunCompiler", "SetunCore", "SetunDriver", "SetunMachine",
        "SetunSimulator", "VerilatorBridge",
      ]),
    .testTarget(
      name: "SetunPackagingTests",
      dependencies: ["HardwareDescription", "HostTools", "SetunCore", "SetunMachine", "SetunPackaging"]),
    .testTarget(
      name: "SetunSynthesisTests",
      dependencies: [
        "HardwareDescription", "HardwareSimulator", "HostTools", "SeededRandom", "SetunCore", "SetunExploration",
        "SetunMachine", "SetunSynthesis", "VerilatorBridge",
      ]),
    .testTarget(name: "HostToolsTests", dependencies: ["HostTools"]),
    .testTarget(name: "MutationTestingTests", dependencies: ["MutationTesting"]),
    .testTarget(name: "FuzzTestingTests", dependencies: ["Checkpoint", "FuzzTesting", "SetunMachine"]),
    .testTarget(
      name: "SetunVerificationTests",
      dependencies: [
        "HardwareDescription", "SeededRandom", "SetunCore", "SetunMachine", "SetunVerification", "VerilatorBridge",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
