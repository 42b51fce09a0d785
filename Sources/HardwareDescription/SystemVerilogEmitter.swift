/// Writes a design as SystemVerilog, one file for each module, and one for each memory with contents. The same design gives the same bytes.
public struct SystemVerilogEmitter: Sendable {
  /// Named in each header, for example `tiny (0123456789abcdef)`.
  public var configuration: String
  /// SPDX identifier of the licence of the text, the first line of each header; nil leaves it out.
  public var license: String?
  /// The program that emits the design, named in each header; nil leaves it out.
  public var generator: String?

  public init(configuration: String, license: String? = "Apache-2.0", generator: String? = nil) {
    self.configuration = configuration
    self.license = license
    self.generator = generator
  }

  public struct File: Hashable, Sendable {
    /// `name.sv`; `module_memory.hex` for the contents of a memory.
    public let name: String
    public let text: String
  }

  /// The files of all modules, submodules first, each followed by the contents of its memories.
  public func files(_ design: Design) -> [File] {
    let graphs = design.combinationalGraphs()
    return design.modules.flatMap { module -> [File] in
      guard let graph = graphs[module.name] else { return [] }
      var writer = ModuleWriter(module: module, design: design, graph: graph)
      let contents = module.memories.compactMap { memory in
        memory.contents.map { File(name: module.contentsFile(of: memory), text: $0.hexadecimal) }
      }
      return [File(name: "\(module.name).sv", text: header(module) + writer.write())] + contents
    }
  }

  private func header(_ module: ModuleDefinition) -> String {
    var lines = license.map { ["SPDX-License-Identifier: \($0)"] } ?? []
    let author = generator.map { "by \($0) " } ?? ""
    lines.append("Generated \(author)from \(module.location.fileName); configuration \(configuration).")
    if !module.documentation.isEmpty {
      lines.append("")
      lines += module.documentation.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.map { $0.isEmpty ? "//" : "// \($0)" }.joined(separator: "\n") + "\n\n"
  }
}

extension ModuleDefinition {
  /// The file that holds what a memory holds at first.
  func contentsFile(of memory: Memory) -> String { "\(name)_\(memory.name).hex" }
}

extension Elaboration {
  /// The SystemVerilog files, or the errors that prevent them.
  ///
  /// - Parameters:
  ///   - configuration: named in each header.
  ///   - license: SPDX identifier of the licence of the text; nil leaves the line out.
  ///   - generator: the program that emits the design, named in each header; nil leaves it out.
  public func systemVerilog(
    configuration: String, license: String? = "Apache-2.0", generator: String? = nil
  ) throws(ElaborationError) -> [SystemVerilogEmitter.File] {
    guard errors.isEmpty else { throw ElaborationError(diagnostics: errors) }
    return SystemVerilogEmitter(configuration: configuration, license: license, generator: generator).files(design)
  }
}
