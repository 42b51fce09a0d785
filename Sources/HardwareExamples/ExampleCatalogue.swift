import HardwareDescription

/// The examples at the parameters at which they are emitted, tested and shown.
public enum ExampleCatalogue {
  public static var modules: [any HardwareModule] {
    [
      AddAccumulate(),
      UART(divisor: 16, depth: 16),
      FIRFilter("low_pass_fir", coefficients: [-3, 0, 19, 32, 19, 0, -3], width: 12),
    ]
  }

  /// The files of all examples, by name; a module that two examples share appears once.
  ///
  /// - Parameter includesLibrary: with the modules of the library that the examples use.
  public static func files(includesLibrary: Bool = true) throws(ElaborationError) -> [SystemVerilogEmitter.File] {
    var files: [String: SystemVerilogEmitter.File] = [:]
    for module in modules {
      let elaboration = Elaborator().run(module)
      let own = elaboration.design.modules.filter { $0.location.file.hasPrefix("HardwareExamples/") }.map(\.name)
      for file in try elaboration.systemVerilog(configuration: "examples")
      where includesLibrary || own.contains(where: { file.name == "\($0).sv" }) {
        files[file.name] = file
      }
    }
    return files.values.sorted { $0.name < $1.name }
  }
}
