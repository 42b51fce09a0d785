import HardwareDescription
import SetunMachine

extension ModuleBuilder {
  /// What is there for each stream: a generate loop, or nothing around it where there is one stream.
  func forEachStream(_ name: String, _ c: Configuration, _ build: (Index) -> Void) {
    guard c.streams > 1 else { return build(0) }
    generate(name, count: c.streams, index: "s", build)
  }
}
