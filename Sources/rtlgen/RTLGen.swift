import ArgumentParser

/// From a MatMul-free language model to an accelerator, and back to text.
@main
struct RTLGen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rtlgen",
    abstract: "Turn a MatMul-free ternary language model into an FPGA accelerator, and run it.",
    subcommands: [
      GenerateCommand.self, LogitsCommand.self, EvaluateCommand.self, TokenizeCommand.self,
    ])
}
