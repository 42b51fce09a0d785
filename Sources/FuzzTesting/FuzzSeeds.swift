import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine

/// Good inputs, small ones.
struct FuzzSeeds: Sendable {
  static let shape = ModelConfiguration(hiddenSize: 16, intermediateSize: 24, layerCount: 2, vocabularySize: 11)
  static let tensorFile = "a.safetensors"
  static let configurationFile = "machine.json"
  static let listingFile = "program.lst"

  let tensorFiles: [FuzzInput]
  let checkpoints: [FuzzInput]
  let shards: [FuzzInput]
  let modelConfigurations: [FuzzInput]
  let tokenizers: [FuzzInput]
  let images: [FuzzInput]
  let listings: [FuzzInput]

  init() throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("setun-fuzz-seeds-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    let directory = place.path
    try RandomCheckpoint.write(Self.shape, seed: 1, to: directory)
    let configuration = try Data(contentsOf: place.appendingPathComponent("config.json"))
    let tensors = try Data(contentsOf: place.appendingPathComponent("model.safetensors"))
    let checkpoint = try Checkpoint(directory: directory)
    let compiled = try CompiledModel(checkpoint, for: .tiny)

    tensorFiles = [
      FuzzInput([.init(Self.tensorFile, tensors)]), FuzzInput([.init(Self.tensorFile, Self.everyType)]),
    ]
    checkpoints = [FuzzInput([.init("config.json", configuration), .init("model.safetensors", tensors)])]
    shards = [FuzzInput([.init("config.json", configuration)] + Self.split(tensors))]
    modelConfigurations = [
      FuzzInput([.init("config.json", configuration)]), FuzzInput([.init("config.json", Self.releasedModel.utf8)]),
    ]
    tokenizers = [FuzzInput([.init("tokenizer.json", Self.tokenizer.utf8)])]
    let summary = "{\"bos_token_id\":1,\"eos_token_id\":2}"
    images = [
      FuzzInput([.init(CompiledModel.imageName, compiled.image), .init(CompiledModel.summaryName, summary.utf8)])
    ]
    let listing = compiled.program.entries.map { Assembler.disassemble($0.instruction) }.joined(separator: "\n")
    listings = [FuzzInput([.init(Self.listingFile, ("# a program\n" + listing).utf8)])]
  }

  /// One small tensor of each element type.
  private static var everyType: [UInt8] {
    let types: [ElementType] = [.f32, .f16, .bf16, .f64, .i32, .i64, .u8, .bool, .f8E4M3]
    var offset = 0
    let entries = types.map { type in
      let start = offset
      offset += 6 * type.byteCount
      return
        "\"\(type.rawValue)\":{\"dtype\":\"\(type.rawValue)\",\"shape\":[2,3],\"data_offsets\":[\(start),\(offset)]}"
    }
    let scalar = "\"scalar\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[\(offset),\(offset + 1)]}"
    let header = "{\"__metadata__\":{\"format\":\"pt\"}," + (entries + [scalar]).joined(separator: ",") + "}"
    return TensorFileMutator.littleEndian(UInt64(header.utf8.count)) + Array(header.utf8)
      + (0...offset).map { UInt8(truncatingIfNeeded: 37 &* $0) }
  }

  /// The same tensors in two files with an index; the first half of the names in the first.
  private static func split(_ tensors: Data) -> [FuzzInput.File] {
    let bytes = [UInt8](tensors)
    let start = 8 + Int(TensorFileMutator.littleEndian(bytes[..<8]))
    let spans = JSONSpans(Array(bytes[8..<start]))
    let header = Array(bytes[8..<start])
    // The members of the outermost object are those that no other contains.
    let outer = spans.members.filter { member in
      !spans.members.contains { $0 != member && $0.lowerBound < member.lowerBound && $0.upperBound > member.upperBound }
    }
    .map { String(decoding: header[$0], as: UTF8.self) }
    let names = outer.map { String($0.dropFirst().prefix { $0 != "\"" }) }
    // In the order of their data, so half of the tensors have half of the data.
    let offsets = outer.map { entry in
      entry.split(separator: "[").last.map { $0.split { !$0.isNumber }.compactMap { Int($0) } } ?? []
    }
    let half = outer.count / 2
    let middle = offsets[half][0]
    let second = zip(outer[half...], offsets[half...]).map { entry, range in
      entry.replacingOccurrences(
        of: "[\(range[0]),\(range[1])]", with: "[\(range[0] - middle),\(range[1] - middle)]")
    }
    func file(_ name: String, _ entries: some Sequence<String>, _ data: ArraySlice<UInt8>) -> FuzzInput.File {
      let text = "{" + entries.joined(separator: ",") + "}"
      return .init(name, TensorFileMutator.littleEndian(UInt64(text.utf8.count)) + Array(text.utf8) + Array(data))
    }
    let map = names.enumerated().map { "\"\($1)\":\"\($0 < half ? "a" : "b").safetensors\"" }.joined(separator: ",")
    return [
      .init("model.safetensors.index.json", "{\"metadata\":{},\"weight_map\":{\(map)}}".utf8),
      file("a.safetensors", outer[..<half], bytes[start..<start + middle]),
      file("b.safetensors", second, bytes[(start + middle)...]),
    ]
  }

  static var configurations: [FuzzInput] {
    var small = Configuration.wide
    small.name = "small"
    small.beatBits = 256
    return (Configuration.singleChannel + [small]).map { FuzzInput([.init(configurationFile, $0.canonicalJSON.utf8)]) }
  }

  private static let releasedModel = """
    {"model_type": "hgrn_bit", "hidden_size": 1024, "num_hidden_layers": 24, "vocab_size": 32000, "hidden_ratio": 4,
     "intermediate_size": null, "expand_ratio": 1, "hidden_act": "swish", "use_short_conv": false, "rms_norm_eps": 1e-06,
     "use_lower_bound": true, "tie_word_embeddings": false, "bos_token_id": [1, 2], "eos_token_id": 2, "num_heads": 1}
    """

  /// Of the Llama kind, with everything that the loader looks at.
  private static let tokenizer: String = {
    let digits = Array("0123456789ABCDEF")
    let special = ["<unk>", "<s>", "</s>"]
    let fallback = (0..<256).map { "<0x\(digits[$0 / 16])\(digits[$0 % 16])>" }
    let letters = ["\u{2581}", "a", "e", "i", "m", "n", "o", "p", "t", "u", "c", "aa", "on", "ce", "once", "\u{2581}a"]
    let vocabulary = (special + fallback + letters).enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",")
    let added = special.enumerated().map { id, content in
      "{\"id\":\(id),\"content\":\"\(content)\",\"single_word\":false,\"lstrip\":\(id == 1),\"rstrip\":\(id == 2),"
        + "\"normalized\":\(id == 2),\"special\":true}"
    }
    return """
      {"version":"1.0","truncation":null,"added_tokens":[\(added.joined(separator: ","))],
       "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\u{2581}"},
        {"type":"Replace","pattern":{"String":" "},"content":"\u{2581}"}]},
       "pre_tokenizer":null,"post_processor":null,
       "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u{2581}"},"content":" "},
        {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
       "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
        "ignore_merges":false,"vocab":{\(vocabulary)},"merges":["a a",["o","n"],["c","e"],"on ce",["\u{2581}","a"]]}}
      """
  }()
}
