import HardwareDescription

struct Widths: HardwareModule {
  func build(_ m: ModuleBuilder) {
    // snippet: widths
    let a = m.input("a", Unsigned.self, width: 8)
    let b = m.input("b", Unsigned.self, width: 6)
    m.output("sum", a + b)  // 9 bits: cannot overflow
    m.output("product", a * b)  // 14 bits
    m.output("difference", a - b)  // Signed, 9 bits
    m.output("wrapped", a &+ b)  // 8 bits
    m.output("clamped", (a + b).saturated(to: 8))
    m.output("half", a >> 1)  // 7 bits: the low bit is gone
    m.output("scaled", a << 2)  // 10 bits
    // snippet.end
  }
}

struct Conversions: HardwareModule {
  func build(_ m: ModuleBuilder) {
    // snippet: conversions
    let byte = m.input("byte", Unsigned.self, width: 8)
    let offset = m.input("offset", Signed.self, width: 8)
    m.output("same_bits", byte.asSigned)  // 8 bits, 255 becomes -1
    m.output("same_value", byte.signedValue)  // 9 bits, 255 stays 255
    m.output("moved", byte.signedValue + offset)  // Signed, 10 bits
    m.output("high", byte[7, 4])  // Unsigned, bits 7 to 4
    m.output("odd", byte[0])  // Bit
    m.output("swapped", concatenate(byte[3, 0], byte[7, 4]))
    m.output("larger", (offset > 3).select(offset, 3))
    // snippet.end
  }
}

struct Conditions: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let start = m.input("start", Bit.self)
    let stop = m.input("stop", Bit.self)
    // snippet: conditions
    let isBusy = m.register("is_busy", Bit.self, reset: false)
    let cycles = m.register("cycles", Unsigned.self, width: 16)
    let begins = m.wire("begins", start && !isBusy)

    m.when(begins) {
      isBusy.next(true)
      cycles.next(0)
    }.elseWhen(stop) {
      isBusy.next(false)
    }.otherwise {
      cycles.next(cycles &+ 1)
    }
    // snippet.end
    m.output("is_busy", isBusy)
    m.output("cycles", cycles)
  }
}

// snippet: states
struct Handshake: HardwareModule {
  enum Phase: HardwareEnum { case idle, request, wait }

  func build(_ m: ModuleBuilder) {
    let start = m.input("start", Bit.self)
    let granted = m.input("granted", Bit.self)
    let done = m.input("done", Bit.self)
    let request = m.output("request", Bit.self)
    let phase = m.register("phase", reset: Phase.idle)

    request.drive(false)
    m.switchOn(phase) { value in
      switch value {
      case .idle: m.when(start) { phase.next(.request) }
      case .request:
        request.drive(true)
        m.when(granted) { phase.next(.wait) }
      case .wait: m.when(done) { phase.next(.idle) }
      }
    }
  }
}
// snippet.end

struct Repetition: HardwareModule {
  func build(_ m: ModuleBuilder) {
    // snippet: repetition
    let lanes = m.constant("Lanes", 4)
    let data = m.inputVector("data", Signed.self, width: 8, count: lanes)
    let factor = m.input("factor", Signed.self, width: 4)
    let product = m.outputVector("product", Signed.self, width: 12, count: lanes)
    m.generate("lane", count: lanes) { k in
      m.comment("Each lane has a register of its own.")
      let held = m.registered("held", data[k])
      product[k].drive(held * factor)
    }
    // snippet.end
  }
}

struct Lookup: HardwareModule {
  func build(_ m: ModuleBuilder) {
    // snippet: memory
    let write = m.input("write", Bit.self)
    let address = m.input("address", Unsigned.self, width: 10)
    let data = m.input("data", Unsigned.self, width: 32)
    let words = m.memory("words", Unsigned.self, width: 32, depth: 1024, readLatency: 1, style: .block)
    words.write(address, data, enable: write)
    m.output("word", words.read("word", address, enable: !write))
    // snippet.end
  }
}

// snippet: instance
struct TwoLights: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let enable = m.input("enable", Bit.self)
    let fast = m.instance("u_fast", Blinker(period: 5))
    let slow = m.instance("u_slow", Blinker(period: 50), comment: "Ten times slower.")
    fast.connect("enable", enable)
    slow.connect("enable", enable)
    m.output("both", fast.output("light", Bit.self) && slow.output("light", Bit.self))
  }
}
// snippet.end

// snippet: domains
struct Button: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let button = m.clocked(by: .asynchronous) { m.input("button", Bit.self) }
    let isPressed = m.synchronised("is_pressed", button)
    let wasPressed = m.registered("was_pressed", isPressed, reset: false)
    let presses = m.register("presses", Unsigned.self, width: 8, reset: 0)
    m.when(isPressed && !wasPressed) { presses.next(presses &+ 1) }
    m.output("presses", presses)
  }
}
// snippet.end
