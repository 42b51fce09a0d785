import Checkpoint
import Foundation
import SeededRandom
import Testing

/// The bytes of a safetensors file with this header and this much data.
private func file(header: String, dataBytes: Int, claimedLength: UInt64? = nil) -> Data {
  let text = Data(header.utf8)
  return withUnsafeBytes(of: (claimedLength ?? UInt64(text.count)).littleEndian) { Data($0) } + text
    + Data((0..<dataBytes).map { UInt8(truncatingIfNeeded: $0) })
}

/// A header with two tensors of four floats at these offsets.
private func two(_ first: [Int], _ second: [Int]) -> String {
  ##"{"x":{"dtype":"F32","shape":[4],"data_offsets":\##(first)},"##
    + ##""y":{"dtype":"F32","shape":[4],"data_offsets":\##(second)}}"##
}

/// The value of a binary16 by its definition.
private func value(ofHalf bits: UInt16) -> Float {
  let exponent = Int(bits >> 10 & 31)
  let fraction = Float(bits & 1023)
  let sign: Float = bits >> 15 == 0 ? 1 : -1
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default: return sign * Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
  }
}

@Suite("Safetensors files")
struct SafetensorsTests {
  private func open(_ data: Data) throws -> SafetensorsFile {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try data.write(to: URL(fileURLWithPath: directory.file("x.safetensors")))
    return try SafetensorsFile(path: directory.file("x.safetensors"))
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let path = directory.file("out.safetensors")
    let floats: [Float] = [0, -0.0, 1, -1.5, 3.25e-5, 65504, .infinity]
    let integers: [Int32] = [.min, -1, 0, 1, .max]
    let writer = try SafetensorsWriter(
      path: path,
      tensors: [
        .init("a", .f32, [7]), .init("empty", .f32, [0, 3]), .init("b \"quoted\"", .i32, [1, 5]), .init("c", .f16, [7]),
      ])
    try writer.append(Array(floats[..<3]))
    try writer.append(Array(floats[3...]))
    try writer.append(integers)
    #expect(!FileManager.default.fileExists(atPath: path))
    try writer.append(floats)
    try writer.finish()
    let file = try SafetensorsFile(path: path)
    #expect(file["a"]?.shape == [7])
    #expect(try file.tensor("a").floats() == floats)
    #expect(try file.tensor("a").floats(2..<4) == [1, -1.5])
    #expect(try file.tensor("empty").floats() == [])
    #expect(try file.tensor("b \"quoted\"").integers() == integers.map(Int.init))
    #expect(try file.tensor("c").floats() == floats.map { Float(Float16($0)) })
    #expect(file["nothing"] == nil)
  }

  @Test("a writer that does not finish leaves nothing behind")
  func unfinishedWriter() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    var writer: SafetensorsWriter? = try SafetensorsWriter(
      path: directory.file("x.safetensors"), tensors: [.init("a", .f32, [4])])
    try writer?.append([1, 2] as [Float])
    #expect(throws: CheckpointError.self) { try writer?.finish() }
    #expect(throws: CheckpointError.self) { try writer?.append([1, 2, 3] as [Float]) }
    writer = nil
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
  }

  @Test("every half and every bfloat16 is converted exactly")
  func conversions() throws {
    let patterns = (0...UInt16.max).flatMap { bits in withUnsafeBytes(of: bits.littleEndian) { Array($0) } }
    for type in ["F16", "BF16"] {
      let header = #"{"x":{"dtype":"\#(type)","shape":[65536],"data_offsets":[0,131072]}}"#
      let data = file(header: header, dataBytes: 0) + Data(patterns)
      let values = try open(data).tensor("x").floats()
      let differing = (0...UInt16.max).filter { bits in
        let expected = type == "F16" ? value(ofHalf: bits) : Float(bitPattern: UInt32(bits) << 16)
        let value = values[Int(bits)]
        return value.bitPattern != expected.bitPattern && !(value.isNaN && expected.isNaN)
      }
      #expect(differing.isEmpty)
    }
  }

  @Test(
    "a header that lies is refused with the reason",
    arguments: [
      (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 15, "outside the file"),
      (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 17, "belong to no tensor"),
      (#"{"x":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}"#, 16, "takes 16 bytes"),
      (#"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,16]}}"#, 16, "negative extent"),
      (#"{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "too large"),
      (#"{"x":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}"#, 0, "too large"),
      (#"{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]}}"#, 16, "integers"),
      (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#, 16, "outside the file"),
      (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}"#, 16, "outside the file"),
      (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,9223372036854775807]}}"#, 16, "data_offsets"),
      (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0]}}"#, 16, "data_offsets"),
      (#"{"x":{"dtype":"F31","shape":[4],"data_offsets":[0,16]}}"#, 16, "F31"),
      (#"{"x":{"dtype":"F32","shape":[4]}}"#, 16, "data_offsets"),
      (two([0, 16], [16, 32]).replacing("\"y\"", with: "\"x\""), 32, "twice"),
      (two([0, 16], [8, 24]), 24, "overlaps"), (two([0, 16], [0, 16]), 16, "overlaps"),
      (two([0, 16], [20, 36]), 36, "gap"),
      (#"{"x":1}"#, 0, "dtype"), (#"[]"#, 0, "JSON"), (#"{"#, 0, "JSON"), ("", 0, "JSON"),
      (String(repeating: "[", count: 100_000), 0, "JSON"),
    ])
  func refuses(header: String, dataBytes: Int, word: String) throws {
    let error = #expect(throws: CheckpointError.self) { try open(file(header: header, dataBytes: dataBytes)) }
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }

  @Test("a file too short for its header is refused", arguments: [0, 1, 7, 8, 20])
  func truncated(length: Int) throws {
    let whole = file(header: #"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, dataBytes: 16)
    #expect(throws: CheckpointError.self) { try open(whole.prefix(length)) }
    #expect(throws: CheckpointError.self) {
      try open(file(header: "{}", dataBytes: 0, claimedLength: UInt64.max - UInt64(length)))
    }
  }

  @Test("damaged files never do worse than throw")
  func mutations() throws {
    let seed: UInt64 = 20_260_101
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let header = #"{"__metadata__":{"a":"b"},"# + two([0, 16], [16, 32]).dropFirst()
    let whole = file(header: header, dataBytes: 32)
    for _ in 0..<500 {
      var data = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { data = data.prefix(Int.random(in: 0...data.count, using: &random)) }
      guard let file = try? open(data) else { continue }
      for name in file.names {
        _ = try? file.tensor(name).floats()
        _ = try? file.tensor(name).integers()
      }
    }
  }
}
