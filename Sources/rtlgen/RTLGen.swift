import ArgumentParser

/// From a MatMul-free language model to an accelerator, and back to text.
@main
struct RTLGen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rtlgen",
    abstract: "Turn a MatMul-free ternary language model into an FPGA accelerator, and run it.",
    discussion: "Without a subcommand the named configurations are emitted into RTL/.",
    subcommands: [
      EmitCommand.self, PackageCommand.self, ConstraintsCommand.self, FanOutCommand.self, CompileCommand.self,
      GenerateCommand.self, CompareCommand.self,
      LogitsCommand.self,
      EvaluateCommand.self, ModelCommand.self, ReportCommand.self, BenchCommand.self, MemoryCommand.self,
      ExploreCommand.self, SynthCommand.self, BitstreamCommand.self, TalkCommand.self,
      VerifyCommand.self,
      FormalCommand.self,
      MutantsCommand.self, ModulesCommand.self, FuzzCommand.self,
      TokenizeCommand.self, AsmCommand.self, DisasmCommand.self, ISACommand.self, RegistersCommand.self,
      ExamplesCommand.self, PassesCommand.self, Doctor.self,
    ],
    defaultSubcommand: EmitCommand.self)
}
