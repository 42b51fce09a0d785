import Files
import Foundation
import HostTools

/// Everything that goes into a model library, and the steps that make it.
struct BuildRecipe {
  struct Source {
    let path: String
    let bytes: Data
  }

  /// What is verilated besides a directory's files, and what drives it, instead of the harness of the core.
  struct Bench {
    /// Design files besides those of the directory.
    var sources: [Source]
    /// C++ with the functions of the library.
    var harness: Source
    /// Files that the design reads when it is made. They lie beside the library; the harness defines `setun_read_contents`,
    /// which finds them there.
    var contents: [Source] = []
  }

  let sources: [Source]
  let harness: [Source]
  let contents: [Source]
  let top: String
  let options: VerilatorModel.Options
  let cache: URL
  let verilator: String
  let compiler: String
  let toolVersions: String
  /// Names the cache entry and, in the model's class, keeps models apart within a process.
  let key: String

  static let harnessFiles = ["harness.cpp", "harness.h", "dram.h", "memory.h", "ports.h", "retire.h"]

  /// Bytes of a design from which functions are split: more than any emitted core has, less than the netlist of one.
  private static let longSources = 8 << 20

  init(
    rtlDirectory: URL, top: String, options: VerilatorModel.Options, cacheDirectory: URL, bench: Bench? = nil
  ) throws(BridgeError) {
    guard let verilator = Tool.find("verilator") else {
      throw .toolMissing("verilator", remedy: "run 'make setup' or 'apt-get install verilator'")
    }
    guard let compiler = Tool.cxxCompiler() else {
      throw .toolMissing("clang++", remedy: "it belongs to the Swift toolchain; put the toolchain's bin on PATH")
    }
    self.verilator = verilator
    self.compiler = compiler
    self.top = top
    cache = cacheDirectory
    if let bench {
      sources = try Self.rtlSources(rtlDirectory) + bench.sources
      harness = [bench.harness]
      contents = bench.contents
    } else {
      sources = try Self.rtlSources(rtlDirectory)
      harness = try Self.coreHarness()
      contents = []
    }
    var options = options
    if sources.reduce(0, { $0 + $1.bytes.count }) > Self.longSources { options.splitsFunctions = true }
    self.options = options
    toolVersions = ToolVersions.shared.text(verilator: verilator, compiler: compiler)

    var hash = ContentHash()
    for source in sources {
      // Not the directory: the same design elsewhere is the same model.
      hash.add(URL(fileURLWithPath: source.path).lastPathComponent)
      hash.add(source.bytes)
    }
    for file in harness { hash.add(file.bytes) }
    for file in contents {
      hash.add(URL(fileURLWithPath: file.path).lastPathComponent)
      hash.add(file.bytes)
    }
    hash.add(top)
    hash.add(toolVersions)
    hash.add(Self.verilatorFlags(options).joined(separator: " "))
    hash.add(Self.compilerFlags.joined(separator: " "))
    hash.add(CPU.identity)
    key = hash.text
  }

  // Verilator 5.006 unrolls loops of 64 iterations at most unless told; wide cores have longer ones.
  static func verilatorFlags(_ options: VerilatorModel.Options) -> [String] {
    let initial = options.randomInitialState ? "unique" : "fast"
    return [
      "--cc", "-O3", "--x-assign", initial, "--x-initial", initial, "--noassert", "--unroll-count", "4096",
      "--unroll-stmts", "100000", "--output-split", "0",
    ] + (options.isLenient ? ["-Wno-fatal", "-Wno-lint", "-Wno-style"] : ["-Wall"])
      + (options.trace ? ["--trace"] : []) + (options.splitsFunctions ? ["--output-split-cfuncs", "5000"] : [])
  }

  static let compilerFlags = [
    "-std=gnu++17", "-O2", "-march=native", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-w",
    "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE_FST=0",
  ]

  var tools: VerilatorModel.Tools {
    func firstLine(_ tool: String) -> String {
      let text = ToolVersions.shared.text(tool)
      return text.split(separator: "\n").first.map(String.init) ?? "unknown"
    }
    return VerilatorModel.Tools(
      verilator: firstLine(verilator), verilatorFlags: Self.verilatorFlags(options).joined(separator: " "),
      compiler: firstLine(compiler), compilerFlags: Self.compilerFlags.joined(separator: " "))
  }

  /// The library in the cache, built first when it is not there.
  func library(progress: (String) -> Void) throws(BridgeError) -> (url: URL, wasCached: Bool) {
    let entry = cache.appendingPathComponent(key)
    let library = entry.appendingPathComponent("libmodel.so")
    if FileManager.default.fileExists(atPath: library.path) { return (library, true) }
    try Self.makeDirectory(cache)
    let lock = try FileLock(cache.appendingPathComponent("\(key).lock"))
    defer { lock.unlock() }
    if FileManager.default.fileExists(atPath: library.path) { return (library, true) }

    progress("building the Verilator model (\(top), \(options.trace ? "with" : "without") tracing)")
    let work = cache.appendingPathComponent("building-\(key)-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.removeItem(at: work)
    try Self.makeDirectory(work)
    defer { try? FileManager.default.removeItem(at: work) }
    let runtime = try runtimeObjects(progress: progress)
    try verilate(in: work)
    try compile(in: work, runtime: runtime)

    let finished = cache.appendingPathComponent("finished-\(key)-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.removeItem(at: finished)
    try Self.makeDirectory(finished)
    try Self.move(work.appendingPathComponent("libmodel.so"), finished.appendingPathComponent("libmodel.so"))
    for file in contents {
      let copy = finished.appendingPathComponent(URL(fileURLWithPath: file.path).lastPathComponent)
      do { try file.bytes.write(to: copy) } catch { throw .file(copy.path, reason: error.localizedDescription) }
    }
    if rename(finished.path, entry.path) != 0 {
      let reason = "cannot be written (\(String(cString: strerror(errno))))"
      try? FileManager.default.removeItem(at: finished)
      guard FileManager.default.fileExists(atPath: library.path) else { throw .file(entry.path, reason: reason) }
    }
    return (library, false)
  }

  private var prefix: String { "Vsetun_\(key.prefix(12))" }

  private func verilate(in work: URL) throws(BridgeError) {
    var arguments = Self.verilatorFlags(options)
    arguments += ["--prefix", prefix, "--top-module", top, "-Mdir", work.path]
    // Includes are searched beside the sources.
    if let first = sources.first {
      arguments.append("-I\(URL(fileURLWithPath: first.path).deletingLastPathComponent().path)")
    }
    arguments += sources.map(\.path)
    guard let output = Tool.run(verilator, arguments) else {
      throw .toolMissing("verilator", remedy: "\(verilator) could not be started; run 'make setup'")
    }
    guard output.status == 0 else { throw .verilation(output.tail()) }
  }

  private func compile(in work: URL, runtime: [URL]) throws(BridgeError) {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: work.path).sorted() } catch {
      throw .file(work.path, reason: error.localizedDescription)
    }
    // One translation unit: measured five to twelve times faster at run time than separate ones with g++, and the
    // fastest to build.
    let includes = names.filter { $0.hasSuffix(".cpp") }.map { "#include \"\($0)\"\n" }.joined()
    let unity = work.appendingPathComponent("all.cpp")
    let text = includes + "#include \"\(harness[0].path)\"\n"
    do { try text.write(to: unity, atomically: false, encoding: .utf8) } catch {
      throw .file(unity.path, reason: error.localizedDescription)
    }
    let trace = options.trace ? 1 : 0
    var arguments = Self.compilerFlags
    arguments += ["-DVM_TRACE=\(trace)", "-DVM_TRACE_VCD=\(trace)", "-I\(work.path)"]
    if !contents.isEmpty { arguments.append("-DVL_READMEM_N=setun_read_contents") }
    arguments += ["-DSETUN_MODEL=\(prefix)", "-DSETUN_MODEL_HEADER=\"\(prefix).h\""]
    arguments += includeFlags
    arguments += ["-shared", "-Wl,-Bsymbolic", "-o", work.appendingPathComponent("libmodel.so").path, unity.path]
    arguments += runtime.map(\.path) + ["-lpthread"]
    guard let output = Tool.run(compiler, arguments) else {
      throw .toolMissing("clang++", remedy: "\(compiler) could not be started")
    }
    guard output.status == 0 else { throw .compilation(output.tail()) }
  }

  private var verilatorInclude: URL { Tool.verilatorInclude(verilator) }

  private var includeFlags: [String] {
    ["-I\(verilatorInclude.path)", "-isystem", verilatorInclude.appendingPathComponent("vltstd").path]
  }

  /// Verilator's run-time library, compiled once for all models.
  private func runtimeObjects(progress: (String) -> Void) throws(BridgeError) -> [URL] {
    var hash = ContentHash()
    hash.add(toolVersions)
    hash.add(Self.compilerFlags.joined(separator: " "))
    hash.add(CPU.identity)
    let directory = cache.appendingPathComponent("runtime-\(hash.text)")
    try Self.makeDirectory(directory)
    let lock = try FileLock(directory.appendingPathComponent("lock"))
    defer { lock.unlock() }
    var objects: [URL] = []
    for name in ["verilated", "verilated_threads"] + (options.trace ? ["verilated_vcd_c"] : []) {
      let object = directory.appendingPathComponent("\(name).o")
      objects.append(object)
      if FileManager.default.fileExists(atPath: object.path) { continue }
      progress("compiling Verilator's run time (\(name), once)")
      let partial = directory.appendingPathComponent("\(name).partial.o")
      let arguments =
        Self.compilerFlags + ["-DVM_TRACE=1", "-DVM_TRACE_VCD=1"] + includeFlags
        + ["-c", verilatorInclude.appendingPathComponent("\(name).cpp").path, "-o", partial.path]
      guard let output = Tool.run(compiler, arguments) else {
        throw .toolMissing("clang++", remedy: "\(compiler) could not be started")
      }
      guard output.status == 0 else { throw .compilation(output.tail()) }
      try Self.move(partial, object)
    }
    return objects
  }
}

extension BuildRecipe {
  /// The design files of a directory: packages first (names ending in `_pkg`), then by name.
  static func rtlSources(_ directory: URL) throws(BridgeError) -> [Source] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: directory.path) } catch {
      throw .noSources(directory.path)
    }
    let design = names.filter { $0.hasSuffix(".sv") || $0.hasSuffix(".v") || $0.hasSuffix(".svh") }.sorted { a, b in
      let (packageA, packageB) = (a.contains("_pkg."), b.contains("_pkg."))
      return packageA != packageB ? packageA : a < b
    }
    guard !design.isEmpty else { throw .noSources(directory.path) }
    var result: [Source] = []
    for name in design {
      let url = directory.standardizedFileURL.appendingPathComponent(name)
      result.append(Source(path: url.path, bytes: try read(url)))
    }
    return result
  }

  private static func coreHarness() throws(BridgeError) -> [Source] {
    let simulation = try harnessDirectory()
    var harness: [Source] = []
    for name in harnessFiles { harness.append(try source(simulation.appendingPathComponent(name))) }
    return harness
  }

  static func source(_ url: URL) throws(BridgeError) -> Source { Source(path: url.path, bytes: try read(url)) }

  /// `Sim`: in `SETUN_SIM`, above the current directory, or beside the sources this was compiled from.
  static func harnessDirectory() throws(BridgeError) -> URL {
    var candidates: [URL] = []
    if let chosen = ProcessInfo.processInfo.environment["SETUN_SIM"] { candidates.append(URL(fileURLWithPath: chosen)) }
    var directory = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    while directory.path != "/" {
      candidates.append(directory.appendingPathComponent("Sim"))
      directory.deleteLastPathComponent()
    }
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    candidates.append(package.appendingPathComponent("Sim"))
    for candidate in candidates
    where FileManager.default.fileExists(atPath: candidate.appendingPathComponent(harnessFiles[0]).path) {
      return candidate
    }
    throw .harnessMissing(candidates.map(\.path).joined(separator: ", "))
  }

  static func read(_ url: URL) throws(BridgeError) -> Data {
    do { return try Data(contentsOf: url) } catch { throw .file(url.path, reason: "cannot be read") }
  }

  static func makeDirectory(_ url: URL) throws(BridgeError) {
    do { try OutputDirectory(url.path).keep() } catch { throw .file(error.path, reason: error.problem) }
  }

  static func move(_ from: URL, _ to: URL) throws(BridgeError) {
    guard rename(from.path, to.path) == 0 else {
      throw .file(to.path, reason: "cannot be written (\(String(cString: strerror(errno))))")
    }
  }
}

/// 128 bits over a sequence of byte strings, as 32 hexadecimal digits: two 64-bit FNV-1a with different starts.
struct ContentHash {
  private var low: UInt64 = 0xCBF2_9CE4_8422_2325
  private var high: UInt64 = 0x6C62_272E_07BB_0142

  mutating func add(_ text: String) { add(Data(text.utf8)) }

  mutating func add(_ bytes: Data) {
    // The length first, so that no two sequences of strings run into the same bytes.
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { mix($0) }
    bytes.withUnsafeBytes { mix($0) }
  }

  private mutating func mix(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      low = (low ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      high = (high ^ UInt64(byte) ^ (high >> 29)) &* 0x0000_0100_0000_01B3
    }
  }

  var text: String {
    [high, low].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// What `-march=native` means here.
enum CPU {
  static let identity: String = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return "unknown" }
    return text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }.map(String.init)
      ?? "unknown"
  }()
}

/// An advisory lock on a file, so that two processes do not build the same thing twice.
struct FileLock {
  private let descriptor: Int32

  init(_ url: URL) throws(BridgeError) {
    descriptor = open(url.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .file(url.path, reason: "cannot be written (\(String(cString: strerror(errno))))")
    }
    while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
  }

  func unlock() { close(descriptor) }
}

/// Versions of the tools, asked once a process.
final class ToolVersions: @unchecked Sendable {
  // Unchecked: `known` is only touched under the lock.
  static let shared = ToolVersions()
  private let lock = NSLock()
  private var known: [String: String] = [:]

  func text(verilator: String, compiler: String) -> String {
    [verilator, compiler].map(text).joined(separator: "\n")
  }

  /// What a tool says of its version.
  func text(_ tool: String) -> String {
    lock.lock()
    defer { lock.unlock() }
    if let text = known[tool] { return text }
    let text = Tool.run(tool, ["--version"])?.text ?? "unknown"
    known[tool] = text
    return text
  }
}
