import HardwareDescription

/// Carries words from the clock `write` to the main clock: a memory with two clocks, Gray-coded pointers through
/// synchronisers, and a flag.
struct ClockBridge: HardwareModule {
  static let write = ClockDomain("write")
  var documentation: String { "Words written with one clock and read with another." }

  func build(_ m: ModuleBuilder) {
    let words = m.memory(
      "words", Unsigned.self, width: 8, depth: 16, readLatency: 1, style: .block, collision: .undefined)
    let (pushGray, mode) = m.clocked(by: Self.write) {
      let push = m.input("push", Bit.self)
      let data = m.input("data", Unsigned.self, width: 8)
      let count = m.register("push_count", Unsigned.self, width: 5, reset: 0)
      let gray = m.register("push_gray", Unsigned.self, width: 5, reset: 0)
      let next = m.wire("push_next", count &+ 1)
      m.when(push) {
        words.write(count.truncated(to: 4), data)
        count.next(next)
        gray.next(next ^ (next >> 1))
      }
      return (gray, m.registered("mode", data))
    }
    let seen = m.synchronised("push_seen", gray: pushGray)
    let pulls = m.register("pull_count", Unsigned.self, width: 5, reset: 0)
    let gray = m.wire("pull_gray", pulls ^ (pulls >> 1))
    let ready = m.input("ready", Bit.self)
    let moves = m.wire("moves", ready && seen != gray)
    m.when(moves) { pulls.next(pulls &+ 1) }
    m.output("valid", m.registered("valid", moves, reset: false))
    m.output("word", words.read("next_word", pulls.truncated(to: 4), enable: moves))
    m.output("mode", m.crossing("mode_steady", mode, because: "set once before the first word"))

    let enable = m.clocked(by: .asynchronous) { m.input("enable", Bit.self) }
    m.output("enabled", m.synchronised("enable_seen", enable, stages: 3))
    m.clocked(by: Self.write) { m.output("enabled_write", m.synchronised("enable_write", enable, reset: true)) }
  }
}

/// Two bridges with their clocks the same and exchanged.
struct ClockBridges: HardwareModule {
  static let fast = ClockDomain("fast")

  func build(_ m: ModuleBuilder) {
    let data = m.input("data", Unsigned.self, width: 8)
    let push = m.input("push", Bit.self)
    let enable = m.clocked(by: .asynchronous) { m.input("enable", Bit.self) }
    let out = m.clocked(by: Self.fast) {
      let out = m.instance("u_out", ClockBridge(), clocks: [ClockBridge.write: .main])
      out.connect("push", push)
      out.connect("data", data)
      out.connect("enable", enable)
      out.connect("ready", true as Bit)
      m.unused(out.output("mode", Unsigned.self))
      m.unused(out.output("enabled", Bit.self))
      return out
    }
    m.unused(out.output("enabled_write", Bit.self))
    let back = m.instance("u_back", ClockBridge(), clocks: [ClockBridge.write: Self.fast])
    back.connect("push", out.output("valid", Bit.self))
    back.connect("data", out.output("word", Unsigned.self))
    back.connect("enable", enable)
    back.connect("ready", true as Bit)
    m.output("valid", back.output("valid", Bit.self))
    m.output("word", back.output("word", Unsigned.self))
    m.output("mode", back.output("mode", Unsigned.self))
    m.output("enabled", back.output("enabled", Bit.self))
    m.unused(back.output("enabled_write", Bit.self))
  }
}
