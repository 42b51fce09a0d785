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
  public static func files() throws(ElaborationError) -> [SystemVerilogEmitter.File] {
    var files: [String: SystemVerilogEmitter.File] = [:]
    for module in modules {
      for file in try Elaborator().run(module).systemVerilog(configuration: "examples") { files[file.name] = file }
    }
    return files.values.sorted { $0.name < $1.name }
  }
}
