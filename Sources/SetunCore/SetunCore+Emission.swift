import HardwareDescription

extension SetunCore {
  /// The SystemVerilog of the core, one file a module: byte for byte what `RTL` holds of a named configuration.
  ///
  /// - Throws: the findings of the passes, if any is an error.
  public func systemVerilog() throws(ElaborationError) -> [SystemVerilogEmitter.File] {
    let hash = String(configuration.hash, radix: 16)
    return try Elaborator().run(self).systemVerilog(
      configuration: "\(configuration.name) (\(hash))", generator: "Setun rtlgen")
  }
}
