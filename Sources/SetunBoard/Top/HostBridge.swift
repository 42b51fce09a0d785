import HardwareDescription
import SetunMachine

/// Carries out what a host asks for over a stream of bytes: ``BoardRequest`` in, ``BoardMessage`` out.
///
/// One thing at a time: a request, else a logit, else a look at STATUS. A run's tokens are fetched when STATUS says that there
/// is one, so nothing in the core knows of the bridge.
public struct HostBridge: HardwareModule, Sendable {
  enum Phase: HardwareEnum {
    case choose, arguments, write, writeAnswer, read, readAnswer, send, recover
  }

  /// Whom a read of a register serves.
  enum Reader: HardwareEnum { case host, status, token }

  /// What a request asks for.
  enum Request: HardwareEnum { case write, read, run }

  /// What the next byte of a request is.
  enum Argument: HardwareEnum { case addressLow, addressHigh, count, data0, data1, data2, data3, control }

  /// Log2 of the cycles after which a silent line ends a request.
  public var silenceBits: Int

  public init(silenceBits: Int) { self.silenceBits = silenceBits }

  public var moduleName: String { "host_bridge_\(silenceBits)" }

  public var documentation: String {
    let requests = BoardRequest.allCases.map { "  0x\(hexadecimal($0.rawValue)): \($0.meaning)." }
    let messages = BoardMessage.allCases.map { "  0x\(hexadecimal($0.rawValue << 4)): \($0.meaning)." }
    let faults = LinkFault.allCases.map { "\($0.rawValue) \($0.explanation)" }
    return """
      A host's requests over a stream of bytes, carried out on the core's AXI4-Lite port. Numbers are little-endian.
      Requests: a byte, then arguments (their bytes in parentheses).
      \(requests.joined(separator: "\n"))
      Messages: a byte, whose low half is a detail, then what it says (bytes in parentheses).
      \(messages.joined(separator: "\n"))
      Faults: \(faults.joined(separator: ", ")).
      After a fault bytes are dropped until none has come for 2^\(silenceBits) cycles; then it is reported. A silent line within a
      request is a fault. STATUS is read whenever there is nothing else to do, for the LEDs and for the tokens of a run.
      """
  }

  private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

  public func build(_ m: ModuleBuilder) {
    m.comment("Bytes from the host, and what went wrong with one, for a cycle.")
    let received = m.inputStream("received", Unsigned.self, width: 8)
    let framingError = m.input("framing_error", Bit.self)
    let overrun = m.input("overrun", Bit.self)
    m.comment("Bytes to the host.")
    let send = m.outputStream("send", Unsigned.self, width: 8)
    let port = ControlPort(m)
    m.comment("The core's logits.")
    let logitValid = m.input("logits_tvalid", Bit.self)
    let logitReady = m.output("logits_tready", Bit.self)
    let logit = m.input("logits_tdata", Unsigned.self, width: 32)
    let logitIsLast = m.input("logits_tlast", Bit.self)

    let phase = m.register("phase", reset: Phase.choose)
    let request = m.register("request", reset: Request.read)
    let argument = m.register("argument", reset: Argument.addressLow)
    let reader = m.register("reader", reset: Reader.status)
    let address = m.register("address", Unsigned.self, width: 16)
    let wordsLeft = m.register("words_left", Unsigned.self, width: 8)
    let data = m.register("data", Unsigned.self, width: 32)
    let response = m.register("response", Unsigned.self, width: 2)
    let isReporting = m.register("is_reporting", Bit.self, reset: false)
    // Its first byte is the lowest.
    let message = m.register("message", Unsigned.self, width: 40)
    let bytesLeft = m.register("bytes_left", Unsigned.self, width: 3)

    // MARK: Faults

    m.comment("The first fault since one was reported; 0 for none.")
    let faultBits = indexWidth(LinkFault.allCases.count + 1)
    let fault = m.register("fault", Unsigned.self, width: faultBits, reset: 0)
    func number(_ fault: LinkFault) -> Unsigned { Unsigned(Int(fault.rawValue), width: faultBits) }
    let hasFault = m.wire("has_fault", fault != 0)
    let silence = m.register("silence", Unsigned.self, width: silenceBits + 1)
    let isSilent = m.wire("is_silent", silence[silenceBits])

    m.comment("Bytes are taken between requests, within one, and to be dropped.")
    let isChoosing = m.wire("is_choosing", phase == .choose)
    let takes = m.wire("takes", isChoosing && !hasFault || phase == .arguments && !hasFault || phase == .recover)
    received.ready.drive(takes)
    let arrives = m.wire("arrives", takes && received.valid)
    m.when(arrives || isChoosing) { silence.next(0) }.elseWhen(!isSilent) { silence.next(silence &+ 1) }

    // MARK: Requests and messages

    func say(_ kind: BoardMessage, detail: Unsigned? = nil, payload: Unsigned? = nil) {
      let tag = Unsigned(Int(kind.tag()), width: 8) | (detail ?? Unsigned(0, width: 4)).extended(to: 8)
      message.next(concatenate((payload ?? Unsigned(0, width: 32)).extended(to: 32), tag))
      bytesLeft.next(Unsigned(kind.payloadBytes, width: 3))
      phase.next(.send)
    }
    func read(_ register: ControlRegister, for who: Reader) {
      address.next(Unsigned(Int(register.address), width: 16))
      reader.next(who)
      phase.next(.read)
    }
    let takesLogit = m.wire("takes_logit", isChoosing && !hasFault && !received.valid && logitValid)
    logitReady.drive(takesLogit)
    let byte = received.payload
    let status = port.readData
    let isBusy = m.wire("is_busy", status[ControlRegister.status.bit("BUSY")])
    let hasToken = m.wire("has_token", status[ControlRegister.status.bit("TOKEN_AVAILABLE")])
    let written = m.wire("written", response | port.writeAnswer)
    let isLastWord = m.wire("is_last_word", wordsLeft == 1)
    let addressPending = m.register("address_pending", Bit.self, reset: false)
    let dataPending = m.register("data_pending", Bit.self, reset: false)
    func write() {
      addressPending.next(true)
      dataPending.next(true)
      phase.next(.write)
    }

    m.switchOn(phase) { value in
      switch value {
      case .choose:
        response.next(0)
        m.when(hasFault) {
          phase.next(.recover)
        }.elseWhen(received.valid) {
          phase.next(.arguments)
          m.switchOn(byte) { choose in
            choose.when(Int(BoardRequest.write.rawValue)) {
              request.next(.write)
              argument.next(.addressLow)
            }
            choose.when(Int(BoardRequest.read.rawValue)) {
              request.next(.read)
              argument.next(.addressLow)
            }
            choose.when(Int(BoardRequest.run.rawValue)) {
              request.next(.run)
              argument.next(.control)
            }
            choose.otherwise { phase.next(.recover) }
          }
        }.elseWhen(logitValid) {
          say(.logit, detail: logitIsLast.asUnsigned, payload: logit)
        }.otherwise {
          read(.status, for: .status)
        }
      case .arguments:
        m.when(hasFault) {
          phase.next(.recover)
        }.elseWhen(received.valid) {
          m.switchOn(argument) { kind in
            switch kind {
            case .addressLow:
              address.next(byte.extended(to: 16))
              argument.next(.addressHigh)
            case .addressHigh:
              address.next(concatenate(byte, address[7, 0]))
              argument.next(.count)
              reader.next(.host)
              m.when(request == .read) { phase.next(.read) }
            case .count:
              wordsLeft.next(byte)
              argument.next(.data0)
            case .data0, .data1, .data2:
              data.next(concatenate(byte, data[31, 8]))
              argument.next(kind == .data0 ? .data1 : kind == .data1 ? .data2 : .data3)
            case .data3:
              data.next(concatenate(byte, data[31, 8]))
              argument.next(.data0)
              write()
            case .control:
              address.next(Unsigned(Int(ControlRegister.control.address), width: 16))
              data.next(byte.extended(to: 32))
              wordsLeft.next(1)
              write()
            }
          }
        }.elseWhen(isSilent) {
          phase.next(.recover)
        }
      case .write:
        m.when((!addressPending || port.writeAddressReady) && (!dataPending || port.writeDataReady)) {
          phase.next(.writeAnswer)
        }
      case .writeAnswer:
        m.when(port.writeAnswerValid) {
          response.next(written)
          wordsLeft.next(wordsLeft &- 1)
          address.next(address &+ 4)
          m.when(isLastWord) {
            m.when(request == .run) { isReporting.next(true) }
            say(.written, detail: written)
          }.otherwise {
            phase.next(.arguments)
          }
        }
      case .read:
        m.when(port.readAddressReady) { phase.next(.readAnswer) }
      case .readAnswer:
        m.when(port.readValid) {
          m.switchOn(reader) { who in
            switch who {
            case .host: say(.value, detail: port.readAnswer, payload: port.readData)
            case .token: say(.token, payload: port.readData[15, 0])
            case .status:
              phase.next(.choose)
              m.when(isReporting) {
                m.when(hasToken) {
                  read(.token, for: .token)
                }.elseWhen(!isBusy && !logitValid) {
                  isReporting.next(false)
                  say(.finished, payload: status)
                }
              }
            }
          }
        }
      case .send:
        m.when(send.ready) {
          message.next(message >> 8)
          bytesLeft.next(bytesLeft &- 1)
          m.when(bytesLeft == 0) { phase.next(.choose) }
        }
      case .recover:
        m.when(isSilent) { say(.fault, detail: fault) }
      }
    }

    m.comment("A fault is kept until it has been reported.")
    m.when(framingError && !hasFault) { fault.next(number(.framing)) }
    m.when(overrun && !hasFault) { fault.next(number(.overrun)) }
    m.when(!hasFault && !framingError && !overrun) {
      m.when(isChoosing && received.valid && !isRequest(byte, m)) { fault.next(number(.unknownRequest)) }
      m.when(phase == .arguments && !received.valid && isSilent) { fault.next(number(.incomplete)) }
    }
    m.when(phase == .recover && isSilent) { fault.next(0) }

    // MARK: Ports

    send.valid.drive(phase == .send)
    send.payload.drive(message[7, 0])
    m.when(addressPending && port.writeAddressReady) { addressPending.next(false) }
    m.when(dataPending && port.writeDataReady) { dataPending.next(false) }
    port.drive(
      address: address, data: data, writesAddress: addressPending, writesData: dataPending,
      takesWriteAnswer: phase == .writeAnswer, reads: phase == .read, takesRead: phase == .readAnswer)

    m.comment(
      "For the LEDs: STATUS as it was read last, tokens sent, and whether the last fault came after the last run.")
    let seesStatus = m.wire("sees_status", phase == .readAnswer && reader == .status && port.readValid)
    let busy = m.register("busy", Bit.self, reset: false)
    let cause = m.register("cause", Unsigned.self, width: 4, reset: 0)
    m.when(seesStatus) {
      busy.next(isBusy)
      cause.next(status.slice(at: ControlRegister.status.bit("CAUSE"), width: 4))
    }
    let tokenToggle = m.register("token_toggle", Bit.self, reset: false)
    m.when(phase == .readAnswer && reader == .token && port.readValid) { tokenToggle.next(!tokenToggle) }
    let linkError = m.register("link_error", Bit.self, reset: false)
    m.when(hasFault) { linkError.next(true) }.elseWhen(phase == .arguments && argument == .control && received.valid) {
      linkError.next(false)
    }
    m.output("is_busy", busy)
    m.output("cause", cause)
    m.output("token_toggle", tokenToggle)
    m.output("link_error", linkError)
  }

  /// Whether a byte starts a request.
  private func isRequest(_ byte: Unsigned, _ m: ModuleBuilder) -> Bit {
    let matches = BoardRequest.allCases.map { byte == Unsigned(Int($0.rawValue), width: 8) }
    return m.wire("is_request", matches.dropFirst().reduce(matches[0]) { $0 || $1 })
  }
}

extension ControlRegister {
  /// The lowest bit of a field, which must be there.
  func bit(_ field: String) -> Int { fields.first { $0.name == field }?.lowBit ?? 0 }
}

/// The core's AXI4-Lite port, seen from the host.
private struct ControlPort {
  let m: ModuleBuilder
  let writeAddressReady, writeDataReady, writeAnswerValid, readAddressReady, readValid: Bit
  let writeAnswer, readAnswer, readData: Unsigned

  init(_ m: ModuleBuilder) {
    self.m = m
    m.comment("AXI4-Lite master.")
    writeAddressReady = m.input("axil_awready", Bit.self)
    writeDataReady = m.input("axil_wready", Bit.self)
    writeAnswerValid = m.input("axil_bvalid", Bit.self)
    writeAnswer = m.input("axil_bresp", Unsigned.self, width: 2)
    readAddressReady = m.input("axil_arready", Bit.self)
    readValid = m.input("axil_rvalid", Bit.self)
    readData = m.input("axil_rdata", Unsigned.self, width: 32)
    readAnswer = m.input("axil_rresp", Unsigned.self, width: 2)
  }

  func drive(
    address: Unsigned, data: Unsigned, writesAddress: Bit, writesData: Bit, takesWriteAnswer: Bit, reads: Bit,
    takesRead: Bit
  ) {
    m.output("axil_awvalid", writesAddress)
    m.output("axil_awaddr", address)
    m.output("axil_wvalid", writesData)
    m.output("axil_wdata", data)
    m.output("axil_wstrb", Unsigned(15, width: 4))
    m.output("axil_bready", takesWriteAnswer)
    m.output("axil_arvalid", reads)
    m.output("axil_araddr", address)
    m.output("axil_rready", takesRead)
  }
}
