import BuiltInModel
import Checkpoint
import Foundation
import SeededRandom
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
  /// The smallest model there is, with one tensor changed on request.
  private struct TinyModel {
    var configuration: [String: Any] = [
      "model_type": "hgrn_bit", "hidden_size": 4, "intermediate_size": 4, "num_hidden_layers": 2, "vocab_size": 8,
      "some_field_of_the_future": ["x": [1, 2, 3]],
    ]
    var tensors: [(name: String, shape: [Int], values: [Float])]

    init() {
      tensors = [
        ("model.embeddings.weight", [8, 4], []), ("model.lower_bounds", [2, 4], []), ("model.norm.weight", [4], []),
        ("lm_head.weight", [8, 4], []), ("lm_head.norm.weight", [4], []),
      ]
      for layer in 0..<2 {
        let prefix = "model.layers.\(layer)."
        tensors += ["attn_norm", "mlp_norm", "attn.g_norm"].map { (prefix + $0 + ".weight", [4], []) }
        for module in ["attn.i_proj", "attn.f_proj", "attn.g_proj", "attn.o_proj", "mlp.gate_proj", "mlp.down_proj"] {
          tensors.append((prefix + module + ".weight", [module == "mlp.gate_proj" ? 8 : 4, 4], []))
          tensors.append((prefix + module + ".norm.weight", [4], []))
        }
      }
      tensors = tensors.map { ($0.name, $0.shape, (0..<$0.shape.reduce(1, *)).map { Float($0 % 5) - 1.5 }) }
    }

    mutating func change(_ name: String, _ change: (inout (name: String, shape: [Int], values: [Float])) -> Void) {
      for index in tensors.indices where tensors[index].name == name { change(&tensors[index]) }
    }

    func write(to directory: TemporaryDirectory, shards: Int = 1, index: Bool = false) throws {
      let json = try JSONSerialization.data(withJSONObject: configuration)
      try json.write(to: URL(fileURLWithPath: directory.file("config.json")))
      var map: [String: String] = [:]
      for shard in 0..<shards {
        let part = tensors.enumerated().filter { $0.offset % shards == shard }.map(\.element)
        let name = shards == 1 ? "model.safetensors" : "model-\(shard).safetensors"
        let writer = try SafetensorsWriter(
          path: directory.file(name), tensors: part.map { .init($0.name, .f32, $0.shape) })
        for tensor in part {
          try writer.append(tensor.values)
          map[tensor.name] = name
        }
        try writer.finish()
      }
      if index {
        let json = try JSONSerialization.data(withJSONObject: ["metadata": [:], "weight_map": map])
        try json.write(to: URL(fileURLWithPath: directory.file("model.safetensors.index.json")))
      }
    }
  }

  private func open(_ model: TinyModel) throws -> Checkpoint {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try model.write(to: directory)
    return try Checkpoint(directory: directory.path)
  }

  @Test("the built-in model is the fixture")
  func builtIn() throws {
    let checkpoint = try Checkpoint(directory: BuiltInModel.directory)
    #expect(checkpoint.configuration == (try Fixture.tales1M.checkpoint().configuration))
    #expect(checkpoint.configuration.hiddenSize == 128)
    #expect(checkpoint.configuration.beginToken == 1)
    #expect(checkpoint.configuration.endToken == 2)
  }

  @Test(
    "the intermediate size follows from the hidden size when it is null",
    arguments: [(128, 512), (256, 768), (1024, 2816), (2048, 5632), (2560, 6912)])
  func intermediateSize(hidden: Int, intermediate: Int) {
    #expect(ModelConfiguration.intermediateSize(hiddenSize: hidden, hiddenRatio: 4) == intermediate)
  }

  @Test("shards are read with and without an index", arguments: [(1, false), (3, false), (3, true)])
  func shards(count: Int, index: Bool) throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let model = TinyModel()
    try model.write(to: directory, shards: count, index: index)
    let checkpoint = try Checkpoint(directory: directory.path)
    for tensor in model.tensors { #expect(try checkpoint.vector(tensor.name) == tensor.values) }
    #expect(try checkpoint.embedding(7) == Array(model.tensors[0].values[28...]))
    #expect(throws: CheckpointError.self) { try checkpoint.embedding(8) }
    #expect(throws: CheckpointError.self) { try checkpoint.embedding(-1) }
  }

  @Test("an index cannot reach outside its directory")
  func indexOutside() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try TinyModel().write(to: directory)
    try #"{"weight_map": {"model.norm.weight": "../model.safetensors"}}"#
      .write(toFile: directory.file("model.safetensors.index.json"), atomically: true, encoding: .utf8)
    #expect(throws: CheckpointError.self) { try Checkpoint(directory: directory.path) }
  }

  @Test("lower bounds are the cumulative softmax minus its first row")
  func lowerBounds() throws {
    let model = TinyModel()
    let checkpoint = try open(model)
    let raw = try #require(model.tensors.first { $0.name == "model.lower_bounds" }).values
    #expect(checkpoint.lowerBounds[0] == [0, 0, 0, 0])
    for column in 0..<4 {
      let share = 1 / (1 + exp(Double(raw[column]) - Double(raw[4 + column])))
      #expect(abs(Double(checkpoint.lowerBounds[1][column]) - share) < 1e-6)
    }
    var without = model
    without.configuration["use_lower_bound"] = false
    without.tensors.removeAll { $0.name == "model.lower_bounds" }
    #expect(try open(without).lowerBounds == [[0, 0, 0, 0], [0, 0, 0, 0]])
  }

  @Test(
    "a configuration that is not supported is refused with the field's name",
    arguments: [
      ("model_type", "\"llama\""), ("use_short_conv", "true"), ("expand_ratio", "2"), ("hidden_act", "\"relu\""),
      ("tie_word_embeddings", "true"), ("hidden_size", "0"), ("hidden_size", "-4"), ("hidden_size", "\"x\""),
      ("num_hidden_layers", "1000000000000"), ("vocab_size", "null"), ("rms_norm_eps", "-1"), ("bos_token_id", "8"),
      ("hidden_ratio", "0"),
    ])
  func refusedConfigurations(field: String, value: String) throws {
    var model = TinyModel()
    model.configuration[field] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
    if field == "hidden_ratio" { model.configuration["intermediate_size"] = nil }
    let error = #expect(throws: CheckpointError.self) { try open(model) }
    #expect(error?.description.contains(field) == true, "\(String(describing: error))")
    #expect(error?.description.contains("config.json") == true)
  }

  @Test("a missing tensor is refused by name")
  func missingTensors() throws {
    for name in TinyModel().tensors.map(\.name) {
      var model = TinyModel()
      model.tensors.removeAll { $0.name == name }
      let error = #expect(throws: CheckpointError.self) { try open(model) }
      #expect(error?.description.contains(name) == true && error?.description.contains("model.safetensors") == true)
    }
  }

  @Test("a tensor of the wrong shape is refused by name")
  func wrongShapes() throws {
    for name in TinyModel().tensors.map(\.name) {
      var model = TinyModel()
      model.change(name) { $0.shape.append(1) }
      let error = #expect(throws: CheckpointError.self) { try open(model) }
      #expect(error?.description.contains(name) == true)
    }
  }

  @Test("a value that is not finite is refused by name", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    for name in TinyModel().tensors.map(\.name) {
      var model = TinyModel()
      model.change(name) { $0.values[$0.values.count - 1] = value }
      let error = #expect(throws: CheckpointError.self) { _ = try ReferenceModel(open(model)) }
      #expect(error?.description.contains(name) == true)
    }
  }

  @Test("a directory without a checkpoint is refused")
  func noCheckpoint() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    #expect(throws: CheckpointError.self) { try Checkpoint(directory: directory.path) }
    #expect(throws: CheckpointError.self) { try Checkpoint(directory: directory.file("nothing")) }
    try "{}".write(toFile: directory.file("config.json"), atomically: true, encoding: .utf8)
    #expect(throws: CheckpointError.self) { try Checkpoint(directory: directory.path) }
  }

  @Test("a false number of layers fails at the first that is missing, without work for the others")
  func falseLayerCount() throws {
    var model = TinyModel()
    model.configuration["num_hidden_layers"] = 1 << 24
    model.configuration["use_lower_bound"] = false
    let error = #expect(throws: CheckpointError.self) { try open(model) }
    #expect(error?.description.contains("model.layers.2.") == true)
  }

  @Test("damaged JSON never does worse than throw", arguments: ["config.json", "tokenizer.json"])
  func mutations(name: String) throws {
    let seed: UInt64 = 20_260_102
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let original = try Data(contentsOf: URL(fileURLWithPath: BuiltInModel.directory + "/" + name))
    let tokens = Array("{}[]\",:0-9e.null".utf8)
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    for _ in 0..<200 {
      var data = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<data.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: data[place] = UInt8.random(in: 0...255, using: &random)
        case 1: data[place] = tokens[Int.random(in: 0..<tokens.count, using: &random)]
        default: data.removeSubrange(place..<min(place + Int.random(in: 1...40, using: &random), data.count))
        }
        if data.isEmpty { data = original }
      }
      try data.write(to: URL(fileURLWithPath: directory.file(name)))
      if name == "config.json" {
        _ = try? ModelConfiguration(path: directory.file(name))
      } else if let tokenizer = try? Tokenizer(path: directory.file(name)) {
        _ = tokenizer.decode(tokenizer.encode("Once <s> upon a 🙂 time</s>"))
      }
    }
  }
}
