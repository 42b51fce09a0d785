// The module of the tutorial; `make import-check` builds it in a package of its own, too.

// snippet: blinker
import HardwareDescription

struct Blinker: HardwareModule {
  /// Cycles the light stays as it is.
  var period: Int

  var moduleName: String { "blinker_\(period)" }
  var documentation: String { "A light that changes every \(period) cycles in which `enable` is 1." }

  func build(_ m: ModuleBuilder) {
    let enable = m.input("enable", Bit.self)
    let count = m.register("count", Unsigned.self, width: indexWidth(period), reset: 0)
    let light = m.register("light", Bit.self, reset: false)

    let isLast = m.wire("is_last", count == Unsigned(period - 1))
    m.when(enable) {
      count.next(isLast.select(0, count &+ 1))
      m.when(isLast) { light.next(!light) }
    }
    m.output("light", light)
  }
}
// snippet.end
