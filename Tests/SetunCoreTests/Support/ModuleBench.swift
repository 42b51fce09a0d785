import Foundation
import HardwareDescription

/// Emitted modules, verilated into one shared library and driven cycle by cycle from Swift.
///
/// The library is cached in the temporary directory under a hash of everything that goes into it.
final class BenchLibrary: Sendable {
  struct Model: Sendable {
    let name: String
    let ports: [ModulePort]
    let files: [SystemVerilogEmitter.File]
    let top: String

    /// Data alone has none.
    var hasReset: Bool { files.contains { $0.name == "\(top).sv" && $0.text.contains("rst_ni") } }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  typealias Handle = UnsafeMutableRawPointer

  struct Functions: Sendable {
    let create: @Sendable @convention(c) (Int32) -> Handle?
    let destroy: @Sendable @convention(c) (Int32, Handle) -> Void
    let evaluate: @Sendable @convention(c) (Int32, Handle) -> Void
    let set: @Sendable @convention(c) (Int32, Handle, Int32, UnsafePointer<UInt32>) -> Void
    let get: @Sendable @convention(c) (Int32, Handle, Int32, UnsafeMutablePointer<UInt32>) -> Void
  }

  let models: [Model]
  let functions: Functions

  /// Emits, verilates (any warning fails) and compiles the modules; each has a name of its own.
  init(_ modules: [(name: String, module: any HardwareModule)]) throws {
    models = try modules.map { name, module in
      let elaboration = Elaborator().run(module)
      let files = try elaboration.systemVerilog(configuration: "test")
      guard let top = elaboration.design.top else { throw Failure("\(name) has no top") }
      return Model(name: name, ports: top.ports, files: files, top: top.name)
    }
    let image = try Self.build(models)
    guard let library = dlopen(image.path, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(dlerror().map { String(cString: $0) } ?? image.path)
    }
    func symbol<Function>(_ name: String, _ type: Function.Type = Function.self) throws -> Function {
      guard let address = dlsym(library, "bench_" + name) else { throw Failure("no bench_\(name)") }
      return unsafeBitCast(address, to: type)
    }
    functions = Functions(
      create: try symbol("create"), destroy: try symbol("destroy"), evaluate: try symbol("evaluate"),
      set: try symbol("set"), get: try symbol("get"))
  }

  /// A new instance of model `name`, out of reset.
  func bench(_ name: String) throws -> ModuleBench {
    guard let index = models.firstIndex(where: { $0.name == name }) else { throw Failure("there is no model \(name)") }
    return try ModuleBench(library: self, index: index)
  }

  // MARK: Building

  private static func build(_ models: [Model]) throws -> URL {
    let shim = self.shim(models)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ text: String) { for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 } }
    add(shim)
    for model in models { for file in model.files { add(file.name + file.text) } }
    let verilator = try tool("verilator", ["--version"])
    add(verilator)
    let manager = FileManager.default
    let place = manager.temporaryDirectory.appendingPathComponent("setun-bench-\(String(hash, radix: 16))")
    let result = place.appendingPathComponent("bench.so")
    if manager.fileExists(atPath: result.path) { return result }

    let work = place.appendingPathComponent(UUID().uuidString)
    var includes = ""
    for (index, model) in models.enumerated() {
      let directory = work.appendingPathComponent(model.name)
      try manager.createDirectory(at: directory, withIntermediateDirectories: true)
      for file in model.files {
        try file.text.write(to: directory.appendingPathComponent(file.name), atomically: false, encoding: .utf8)
      }
      let output = directory.appendingPathComponent("obj")
      _ = try tool(
        "verilator",
        [
          "--cc", "-O3", "-Wall", "--x-assign", "unique", "--x-initial", "unique", "--noassert", "--output-split", "0",
          "--prefix", "Vbench\(index)", "--top-module", model.top, "-Mdir", output.path, "-y", directory.path,
          directory.appendingPathComponent("\(model.top).sv").path,
        ])
      for name in try manager.contentsOfDirectory(atPath: output.path).sorted() where name.hasSuffix(".cpp") {
        includes += "#include \"\(output.path)/\(name)\"\n"
      }
    }
    let source = work.appendingPathComponent("bench.cpp")
    let runtime = "#include \"verilated.cpp\"\n#include \"verilated_threads.cpp\"\n"
    try (runtime + includes + shim).write(to: source, atomically: false, encoding: .utf8)
    let root = try tool("verilator", ["--getenv", "VERILATOR_ROOT"]).trimmingCharacters(in: .whitespacesAndNewlines)
    let include = (root.isEmpty ? "/usr/share/verilator" : root) + "/include"
    let directories = models.flatMap {
      ["-I", work.appendingPathComponent($0.name).appendingPathComponent("obj").path]
    }
    let partial = work.appendingPathComponent("bench.so")
    _ = try tool(
      "clang++",
      [
        "-std=gnu++17", "-O1", "-fPIC", "-w", "-shared", "-Wl,-Bsymbolic", "-DVM_COVERAGE=0", "-DVM_SC=0",
        "-DVM_TRACE=0", "-DVM_TRACE_FST=0", "-DVM_TRACE_VCD=0", "-I", include, "-isystem", include + "/vltstd",
      ] + directories + ["-o", partial.path, source.path, "-lpthread"])
    if rename(partial.path, result.path) != 0 { throw Failure("cannot write \(result.path)") }
    return result
  }

  /// C functions that reach every port of every model by number; clock and reset are ports -1 and -2.
  private static func shim(_ models: [Model]) -> String {
    var cases = (create: "", destroy: "", evaluate: "", set: "", get: "")
    for (index, model) in models.enumerated() {
      let type = "Vbench\(index)"
      cases.create += "  case \(index): { auto c = new VerilatedContext; return new \(type){c}; }\n"
      cases.destroy += "  case \(index): delete static_cast<\(type)*>(p); break;\n"
      cases.evaluate += "  case \(index): static_cast<\(type)*>(p)->eval(); break;\n"
      let head = "  case \(index): { auto m = static_cast<\(type)*>(p); switch (port) {\n"
      var (set, get) = (head, head)
      let reset = model.hasReset ? "m->rst_ni = v[0]; " : ""
      set += "    case -1: m->clk_i = v[0]; break;\n    case -2: \(reset)break;\n"
      for (number, port) in model.ports.enumerated() {
        let name = "m->\(port.emittedName)"
        let words = (port.width + 31) / 32
        switch port.width {
        case ...32:
          set += "    case \(number): \(name) = v[0]; break;\n"
          get += "    case \(number): v[0] = \(name); break;\n"
        case ...64:
          set += "    case \(number): \(name) = v[0] | (uint64_t)v[1] << 32; break;\n"
          get += "    case \(number): v[0] = \(name); v[1] = \(name) >> 32; break;\n"
        default:
          set += "    case \(number): for (int i = 0; i < \(words); i++) \(name)[i] = v[i]; break;\n"
          get += "    case \(number): for (int i = 0; i < \(words); i++) v[i] = \(name)[i]; break;\n"
        }
      }
      cases.set += set + "  } } break;\n"
      cases.get += get + "  } } break;\n"
    }
    return """
      double sc_time_stamp() { return 0; }
      extern "C" {
      void* bench_create(int model) { switch (model) {
      \(cases.create)  } return nullptr; }
      void bench_destroy(int model, void* p) { switch (model) {
      \(cases.destroy)  } }
      void bench_evaluate(int model, void* p) { switch (model) {
      \(cases.evaluate)  } }
      void bench_set(int model, void* p, int port, const uint32_t* v) { switch (model) {
      \(cases.set)  } }
      void bench_get(int model, void* p, int port, uint32_t* v) { switch (model) {
      \(cases.get)  } }
      }

      """
  }

  /// Runs a program and returns what it printed; a failure carries the text.
  private static func tool(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: log) }
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw Failure("\(name) \(arguments.joined(separator: " ")) failed:\n\(text.suffix(4000))")
    }
    return text
  }
}

/// One verilated module. A cycle is: set inputs, read outputs, `clock()`.
final class ModuleBench {
  private let library: BenchLibrary
  private let index: Int32
  private let handle: BenchLibrary.Handle
  private let ports: [ModulePort]
  private let numbers: [String: Int]
  private var isSettled = false
  /// Clock edges since reset.
  private(set) var cycle = 0

  init(library: BenchLibrary, index: Int) throws {
    self.library = library
    self.index = Int32(index)
    ports = library.models[index].ports
    guard let handle = library.functions.create(Int32(index)) else {
      throw BenchLibrary.Failure("cannot create \(library.models[index].name)")
    }
    self.handle = handle
    numbers = Dictionary(uniqueKeysWithValues: ports.enumerated().map { ($1.name, $0) })
    reset()
  }

  deinit { library.functions.destroy(index, handle) }

  private func wire(_ port: Int32, _ value: UInt32) {
    withUnsafePointer(to: value) { library.functions.set(index, handle, port, $0) }
  }

  private func evaluate() { library.functions.evaluate(index, handle) }

  /// All inputs 0, two cycles of reset.
  func reset() {
    for port in ports where port.direction == .input { self[words: port.name] = [] }
    wire(-1, 0)
    wire(-2, 1)
    evaluate()
    wire(-2, 0)
    evaluate()
    for _ in 0..<2 { clock() }
    wire(-2, 1)
    isSettled = false
    cycle = 0
  }

  /// A port's value in words of 32 bits, low first; missing words are 0.
  subscript(words name: String) -> [UInt32] {
    get {
      let (number, port) = find(name)
      if !isSettled {
        evaluate()
        isSettled = true
      }
      var words = [UInt32](repeating: 0, count: (port.width + 31) / 32)
      words.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress { library.functions.get(index, handle, Int32(number), base) }
      }
      return words
    }
    set {
      let (number, port) = find(name)
      let count = (port.width + 31) / 32
      let words = Array(newValue.prefix(count)) + [UInt32](repeating: 0, count: max(0, count - newValue.count))
      words.withUnsafeBufferPointer {
        if let base = $0.baseAddress { library.functions.set(index, handle, Int32(number), base) }
      }
      isSettled = false
    }
  }

  /// A port of up to 64 bits.
  subscript(name: String) -> Int {
    get {
      let words = self[words: name]
      return Int(words[0]) | (words.count > 1 ? Int(words[1]) << 32 : 0)
    }
    set { self[words: name] = [UInt32(truncatingIfNeeded: newValue), UInt32(truncatingIfNeeded: newValue >> 32)] }
  }

  private func find(_ name: String) -> (Int, ModulePort) {
    guard let number = numbers[name] else { preconditionFailure("no port \(name)") }
    return (number, ports[number])
  }

  /// A clock edge.
  func clock() {
    evaluate()
    wire(-1, 1)
    evaluate()
    wire(-1, 0)
    isSettled = false
    cycle += 1
  }
}
