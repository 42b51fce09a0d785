import Foundation
import SetunMachine
import Testing

@Suite("The command line: registers, packages, constraints")
struct PackageCommandTests {
  @Test("registers prints the page, the header, and a map that programs read")
  func registers() throws {
    #expect(try RTLGenProcess("registers").output == RegisterMap().referencePage)
    #expect(try RTLGenProcess("registers", "--format", "c").output == RegisterMap().header)
    let json = try RTLGenProcess("registers", "--format", "json", "--config", "u250x4")
    let map = try JSONDecoder().decode(RegisterMap.self, from: Data(json.output.utf8))
    #expect(map == RegisterMap(configurations: [.u250x4]))
  }

  @Test("registers knows a configuration from a file")
  func configurationFile() throws {
    let scratch = try ScratchDirectory()
    var configuration = Configuration.tiny
    (configuration.name, configuration.promptCapacity) = ("my-board", 77)
    let path = try scratch.write("board.json", configuration.canonicalJSON)
    let header = try RTLGenProcess("registers", "--format", "c", "--config", path).output
    #expect(header == RegisterMap(configurations: [configuration]).header)
    #expect(header.contains("SETUN_CONFIG_MY_BOARD_PROMPT_CAPACITY ") && header.contains(" 77u\n"))
  }

  @Test("package writes the files that it lists, and leaves no modules of another configuration")
  func package() throws {
    let scratch = try ScratchDirectory()
    let out = scratch.file("package")
    for config in ["ulx3s", "tiny"] {
      let listed = try RTLGenProcess("package", "--config", config, "--out", out).output
      let names = listed.split(separator: "\n").map { String($0.dropFirst(out.count + 1)) }
      let modules = try scratch.contents(of: "package").keys.filter { $0.hasSuffix(".sv") }
      #expect(Set(modules) == Set(names.filter { $0.hasSuffix(".sv") }))
      #expect(Set(names).isSubset(of: Set(try scratch.contents(of: "package").keys)))
      // The core in it is the one that is emitted.
      let core = try String(contentsOfFile: "\(out)/rtl/setun_core.sv", encoding: .utf8)
      #expect(core == (try String(contentsOfFile: "\(repository)/RTL/\(config)/setun_core.sv", encoding: .utf8)))
    }
    let json = try RTLGenProcess("package", "--out", out, "--json").json()
    #expect((json["written"] as? [String])?.contains("setun_tiny.core") == true)
    #expect(try RTLGenProcess("package").status == 64)
  }

  @Test("constraints writes what is committed, and nothing else is")
  func constraints() throws {
    let scratch = try ScratchDirectory()
    #expect(try RTLGenProcess("constraints", "--out", scratch.file("constraints")).status == 0)
    #expect(try scratch.contents(of: "constraints") == contentsOfDirectory(repository + "/Constraints"))
  }
}
