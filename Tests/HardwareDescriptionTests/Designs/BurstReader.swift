import HardwareDescription

/// A small state machine.
struct BurstReader: HardwareModule {
  enum Phase: HardwareEnum { case idle, request, drain }

  var moduleName: String { "burst_reader" }

  func build(_ m: ModuleBuilder) {
    let start = m.input("start", Bit.self)
    let beats = m.input("beats", Unsigned.self, width: 8)
    let requestReady = m.input("request_ready", Bit.self)
    let dataValid = m.input("data_valid", Bit.self)
    let request = m.output("request", Bit.self)
    let busy = m.output("busy", Bit.self)

    let phase = m.register("phase", reset: Phase.idle)
    let left = m.register("left", Unsigned.self, width: 8)

    request.drive(false)
    m.switchOn(phase) { phaseCase in
      switch phaseCase {
      case .idle:
        m.when(start) {
          phase.next(.request)
          left.next(beats)
        }
      case .request:
        request.drive(true)
        m.comment("The address is taken in the cycle in which both sides agree.")
        m.when(requestReady) { phase.next(.drain) }
      case .drain:
        m.when(dataValid) {
          left.next(left &- 1)
          m.when(left == 1) { phase.next(.idle) }
        }
      }
    }
    busy.drive(phase != .idle)
  }
}
