import HardwareDescription
import SetunCore
import SetunMachine

extension FuzzTarget {
  /// What a configuration may ask for has to be built.
  static var core: FuzzTarget {
    FuzzTarget(
      "core", "the SystemVerilog of a configuration that is taken", allowance: 512 << 20, weight: 1,
      seeds: FuzzSeeds.configurations, mutate: changeField,
      load: { directory in
        let machine = try Configuration.load(directory + "/" + FuzzSeeds.configurationFile)
        try machine.validate()
        let elaboration = Elaborator().run(SetunCore(configuration: machine))
        do { _ = try elaboration.systemVerilog(configuration: machine.name) } catch {
          throw Disagreement("a configuration that is taken cannot be emitted: \(error)")
        }
      })
  }

  /// A field with a number that may well be allowed.
  @Sendable private static func changeField(_ input: inout FuzzInput, _ random: inout FuzzRandom) -> String {
    let text = input.files[0].bytes
    let numbers = JSONSpans(text).members.filter { text[$0.upperBound - 1] != UInt8(ascii: "\"") }
    guard !numbers.isEmpty else { return "nothing" }
    let member = random.element(numbers)
    let value =
      random.oneIn(2) ? 1 << random.below(17) : [3, 10, 12, 1000, 4095, 65535][random.below(6)] + random.below(3)
    let key = text[member].prefix { $0 != UInt8(ascii: ":") }
    input.files[0].bytes.replaceSubrange(member, with: key + Array(":\(value)".utf8))
    return "\(String(decoding: key, as: UTF8.self)) \(value)"
  }
}
