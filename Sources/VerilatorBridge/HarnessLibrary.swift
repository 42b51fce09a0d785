import Foundation

/// The functions of a loaded model library (`Sim/harness.h`).
struct HarnessLibrary {
  typealias Handle = UnsafeMutableRawPointer

  let version: @convention(c) () -> UInt32
  let channels: @convention(c) () -> UInt32
  let streams: @convention(c) () -> UInt32
  let beatBits: @convention(c) () -> UInt32
  let canTrace: @convention(c) () -> UInt32
  let fold: @convention(c) (UInt64, UInt64) -> UInt64
  let stall: @convention(c) (UInt32, UInt64, UInt32, UInt64) -> UInt32
  let create:
    @convention(c) (UnsafePointer<UInt8>?, UInt64, UInt64, UInt64, UnsafePointer<UInt64>, UInt32, UInt32) -> Handle?
  let channelCreate: @convention(c) (UnsafePointer<UInt64>, UInt32, UInt32, UInt32) -> Handle?
  let channelDestroy: @convention(c) (Handle) -> Void
  let channelAccept: @convention(c) (Handle, Int64, Int64, UInt32) -> Int64
  let channelNext: @convention(c) (Handle) -> Int64
  let destroy: @convention(c) (Handle) -> Void
  let reset: @convention(c) (Handle, UInt32) -> Void
  let write: @convention(c) (Handle, UInt32, UInt32, UInt32) -> Int32
  let read: @convention(c) (Handle, UInt32, UnsafeMutablePointer<UInt32>, UInt32) -> Int32
  let run: @convention(c) (Handle, UInt64, UInt64, Int32, UInt32) -> UInt32
  let outstanding: @convention(c) (Handle) -> UInt64
  let setLogitsReady: @convention(c) (Handle, UInt32, UInt64) -> Void
  let setHost: @convention(c) (Handle, UInt32, UInt64, UInt32) -> Void
  let started: @convention(c) (Handle) -> UInt32
  let cycle: @convention(c) (Handle) -> UInt64
  let totalCycles: @convention(c) (Handle) -> UInt64
  let addressCount: @convention(c) (Handle, UInt32) -> UInt64
  let dataCount: @convention(c) (Handle, UInt32) -> UInt64
  let records: @convention(c) (Handle, UnsafeMutablePointer<UInt64>) -> UnsafeRawPointer?
  let tokens: @convention(c) (Handle, UnsafeMutablePointer<UInt64>) -> UnsafeRawPointer?
  let logits: @convention(c) (Handle, UInt32, UnsafeMutablePointer<UInt64>) -> UnsafePointer<Float>?
  let logitRows: @convention(c) (Handle, UInt32, UnsafeMutablePointer<UInt64>) -> UnsafePointer<UInt64>?
  let clearLogits: @convention(c) (Handle, UInt32) -> Void
  let clearRecords: @convention(c) (Handle) -> Void
  let setRecording: @convention(c) (Handle, UInt32) -> Void
  let setOutputRecording: @convention(c) (Handle, UInt32) -> Void
  let outputs: @convention(c) (Handle, UnsafeMutablePointer<UInt64>) -> UnsafePointer<UInt64>?
  let protocolErrors: @convention(c) (Handle) -> UInt64
  let protocolError: @convention(c) (Handle, UInt64) -> UnsafePointer<CChar>?
  let failBeat: @convention(c) (Handle, UInt32, UInt64, UInt32) -> Void
  let flip: @convention(c) (Handle, UInt64, UInt32) -> Void
  let clearFaults: @convention(c) (Handle) -> Void
  let traceOpen: @convention(c) (Handle, UnsafePointer<CChar>) -> UInt32
  let traceClose: @convention(c) (Handle) -> UInt32

  /// The interface version this file is written for.
  static let expectedVersion: UInt32 = 6

  /// Loads the library; it stays loaded for the life of the process, since handles point into it.
  init(path: String) throws(BridgeError) {
    guard let image = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .library(dlerror().map { String(cString: $0) } ?? path)
    }
    func symbol<Function>(_ name: String, _ type: Function.Type = Function.self) throws(BridgeError) -> Function {
      guard let address = dlsym(image, "setun_" + name) else { throw .library("\(path) has no setun_\(name)") }
      return unsafeBitCast(address, to: type)
    }
    version = try symbol("version")
    guard version() == Self.expectedVersion else {
      throw .library("\(path) has harness version \(version()), expected \(Self.expectedVersion)")
    }
    channels = try symbol("channels")
    streams = try symbol("streams")
    beatBits = try symbol("beat_bits")
    canTrace = try symbol("can_trace")
    fold = try symbol("fold")
    stall = try symbol("stall")
    create = try symbol("create")
    channelCreate = try symbol("channel_create")
    channelDestroy = try symbol("channel_destroy")
    channelAccept = try symbol("channel_accept")
    channelNext = try symbol("channel_next")
    destroy = try symbol("destroy")
    reset = try symbol("reset")
    write = try symbol("write")
    read = try symbol("read")
    run = try symbol("run")
    outstanding = try symbol("outstanding")
    setLogitsReady = try symbol("set_logits_ready")
    setHost = try symbol("set_host")
    started = try symbol("started")
    cycle = try symbol("cycle")
    totalCycles = try symbol("total_cycles")
    addressCount = try symbol("address_count")
    dataCount = try symbol("data_count")
    records = try symbol("records")
    tokens = try symbol("tokens")
    logits = try symbol("logits")
    logitRows = try symbol("logit_rows")
    clearLogits = try symbol("clear_logits")
    clearRecords = try symbol("clear_records")
    setRecording = try symbol("set_recording")
    setOutputRecording = try symbol("set_output_recording")
    outputs = try symbol("outputs")
    protocolErrors = try symbol("protocol_errors")
    protocolError = try symbol("protocol_error")
    failBeat = try symbol("fail_beat")
    flip = try symbol("flip")
    clearFaults = try symbol("clear_faults")
    traceOpen = try symbol("trace_open")
    traceClose = try symbol("trace_close")
  }
}
