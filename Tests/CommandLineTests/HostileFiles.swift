import Checkpoint
import Foundation
import SetunMachine

/// A directory of files that a command must refuse, made from one small random model.
final class HostileFiles: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/hostile-files-" + UUID().uuidString
    try RandomCheckpoint.write(
      ModelConfiguration(hiddenSize: 16, intermediateSize: 32, layerCount: 1, vocabularySize: 9), seed: 1,
      to: path + "/model")
    let compiled = try RTLGenProcess("compile", "--model", path + "/model", "--out", path + "/image")
    guard compiled.status == 0 else { throw CocoaError(.fileReadUnknown) }
    try write("file", "")
    try makeModels()
    try makeTensors()
    try makeShards()
    try makeTokenizers()
    try makeImages()
    try makeConfigurations()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  /// A copy of a directory with one file changed; nil removes it.
  private func copy(_ original: String, _ name: String, _ file: String, _ change: (Data) throws -> Data?) throws {
    try FileManager.default.copyItem(atPath: path + "/" + original, toPath: path + "/" + name)
    let place = URL(fileURLWithPath: path + "/" + name + "/" + file)
    let old = (try? Data(contentsOf: place)) ?? Data()
    try? FileManager.default.removeItem(at: place)
    try change(old)?.write(to: place)
  }

  // MARK: Models

  private func makeModels() throws {
    func field(_ name: String, _ key: String, _ value: Any) throws {
      try copy("model", name, "config.json") { data in
        var fields = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        fields[key] = value
        return try JSONSerialization.data(withJSONObject: fields)
      }
    }
    try field("m-type", "model_type", "llama")
    try field("m-terminal", "model_type", "\u{1B}[2J\n")
    try field("m-size", "hidden_size", 32)
    try field("m-layers", "num_hidden_layers", 16_777_216)
    try field("m-huge", "vocab_size", 1 << 60)
    try field("m-text", "hidden_size", "big")
    try field("m-short-conv", "use_short_conv", true)
    try field("m-epsilon", "rms_norm_eps", -1)
    try copy("model", "m-none", "config.json") { _ in nil }
    try copy("model", "m-no-tensors", "model.safetensors") { _ in nil }
    try copy("model", "m-json", "config.json") { _ in Data("{\"model_type\":".utf8) }
    try copy("model", "m-nest", "config.json") { _ in Data(String(repeating: "[", count: 100_000).utf8) }
  }

  // MARK: Tensors

  private func makeTensors() throws {
    func tensors(_ name: String, _ change: (Data) throws -> Data) throws {
      try copy("model", name, "model.safetensors", change)
    }
    /// Changes the entry of the embeddings, or of another tensor, in the header.
    func entry(_ name: String, _ key: String, _ value: Any) throws {
      try tensors(name) { data in
        var (header, body) = try Self.parts(of: data)
        header["model.embeddings.weight"]?[key] = value
        return try Self.joined(header, body)
      }
    }
    try entry("t-type", "dtype", "I16")
    try entry("t-unknown", "dtype", "F4")
    try entry("t-shape", "shape", [16, 9])
    try entry("t-product", "shape", [1 << 40, 1 << 40])
    try entry("t-negative", "shape", [-9, -16])
    try entry("t-backwards", "data_offsets", [288, 0])
    try entry("t-far", "data_offsets", [0, 1 << 60])
    try entry("t-gap", "data_offsets", [32, 320])
    try tensors("t-cut") { $0.prefix($0.count / 2) }
    try tensors("t-more") { $0 + Data(count: 8) }
    try tensors("t-length") { Data([0, 0, 0, 0, 0, 0, 0, 0x40]) + $0.dropFirst(8) }
    try tensors("t-short") { $0.prefix(3) }
    try tensors("t-list") { _ in Data([2, 0, 0, 0, 0, 0, 0, 0]) + Data("[]".utf8) }
    try tensors("t-missing") { data in
      var (header, body) = try Self.parts(of: data)
      header["lm_head.norm.weight"] = nil
      body.removeLast(2 * 16)
      return try Self.joined(header, body)
    }
    try tensors("t-embedding") { data in
      let (header, body) = try Self.parts(of: data)
      return try Self.joined(header, Data([0x00, 0x7E]) + body.dropFirst(2))
    }
    try tensors("t-weight") { data in
      var (header, body) = try Self.parts(of: data)
      let start = (header["model.layers.0.mlp.down_proj.weight"]?["data_offsets"] as? [Int])?[0] ?? 0
      body.replaceSubrange(body.startIndex + start..<body.startIndex + start + 2, with: [0x00, 0x7C])
      return try Self.joined(header, body)
    }
  }

  private static func parts(of data: Data) throws -> ([String: [String: Any]], Data) {
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length))
    return (header as? [String: [String: Any]] ?? [:], Data(data.dropFirst(8 + length)))
  }

  private static func joined(_ header: [String: [String: Any]], _ body: Data) throws -> Data {
    let text = try JSONSerialization.data(withJSONObject: header)
    return Data((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }) + text + body
  }

  private func makeShards() throws {
    for (name, text) in [
      ("s-outside", "{\"weight_map\":{\"a\":\"../x.safetensors\"}}"),
      ("s-control", "{\"weight_map\":{\"a\":\"x\u{7f}.safetensors\"}}"),
      ("s-missing", "{\"weight_map\":{\"a\":\"x.safetensors\"}}"), ("s-no-map", "{}"),
    ] {
      try copy("model", name, "model.safetensors.index.json") { _ in Data(text.utf8) }
    }
  }

  // MARK: Tokenizers

  private func makeTokenizers() throws {
    let long = String(repeating: "a", count: 100)
    for (name, text) in [
      ("k-json", "{"), ("k-no-model", "{}"), ("k-type", "{\"model\":{\"type\":\"Unigram\"}}"),
      ("k-id", "{\"model\":{\"vocab\":{\"a\":-1}}}"),
      ("k-merge", "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[\"a b\"]}}"),
      ("k-normalizer", "{\"model\":{\"vocab\":{\"a\":1}},\"normalizer\":{\"type\":\"NFC\"}}"),
      (
        "k-growth",
        "{\"model\":{\"vocab\":{\"a\":1}},\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"\(long)\"}}"
      ),
      (
        "k-long",
        "{\"model\":{\"vocab\":{\"a\":1}},\"added_tokens\":[{\"id\":0,\"content\":\"\(String(repeating: long, count: 20))\"}]}"
      ),
    ] {
      try copy("model", name, "tokenizer.json") { _ in Data(text.utf8) }
    }
  }

  // MARK: Images

  private func makeImages() throws {
    func image(_ name: String, _ change: (inout Data) -> Void) throws {
      try copy("image", name, "image.bin") { data in
        var data = data
        change(&data)
        return data
      }
    }
    try image("i-cut") { $0.removeLast(4096) }
    try image("i-short") { $0 = $0.prefix(10) }
    try image("i-magic") { $0[0] ^= 1 }
    try image("i-version") { $0[4] ^= 3 }
    try image("i-hash") { $0[8] ^= 1 }
    try image("i-header") { $0[20] ^= 1 }
    try image("i-body") { $0[4096 + 16] ^= 1 }
    try image("i-embeddings") { $0[$0.count - 1] ^= 1 }
    try copy("image", "i-none", "image.bin") { _ in nil }
    try copy("image", "i-summary", "summary.json") { _ in Data("{".utf8) }
  }

  // MARK: Configurations

  private func makeConfigurations() throws {
    func configuration(_ name: String, _ key: String, _ value: Any?) throws {
      var tiny = Configuration.tiny
      tiny.name = "mine"
      var fields = try JSONSerialization.jsonObject(with: Data(tiny.canonicalJSON.utf8)) as? [String: Any] ?? [:]
      fields[key] = value
      let data = try JSONSerialization.data(withJSONObject: fields)
      try data.write(to: URL(fileURLWithPath: path + "/" + name + ".json"))
    }
    try configuration("c-unknown", "colour", 1)
    try configuration("c-missing", "beatBits", nil)
    try configuration("c-text", "beatBits", "128")
    try configuration("c-half", "beatBits", 128.5)
    try configuration("c-null", "beatBits", NSNull())
    try configuration("c-range", "beatBits", 96)
    try configuration("c-channels", "channels", 2)
    try configuration("c-name", "name", "a b")
    try configuration("c-small", "vocabularyCapacity", 4)
    try write("c-json.json", "nothing")
    try write("c-array.json", "[]")
    try write("c-long.json", String(repeating: " ", count: 1 << 20) + "{}")
    try FileManager.default.createDirectory(atPath: path + "/c-directory.json", withIntermediateDirectories: false)
  }
}
