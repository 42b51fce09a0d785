import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator

extension FuzzTarget {
  /// Every loader of the project. Making their good inputs takes a moment.
  public static func all() throws -> [FuzzTarget] {
    let seeds = try FuzzSeeds()
    return [
      safetensors(seeds), checkpoint(seeds), shards(seeds), modelConfiguration(seeds), tokenizer(seeds),
      configuration, core, image(seeds), header(seeds), assembler(seeds),
    ]
  }

  private static func safetensors(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "safetensors", "a .safetensors file, and every tensor in it as numbers", weight: 16, seeds: seeds.tensorFiles,
      mutate: { input, random in TensorFileMutator.mutate(&input.files[0].bytes, &random) },
      load: { directory in
        let file = try SafetensorsFile(path: directory + "/" + FuzzSeeds.tensorFile)
        for name in file.names {
          let tensor = try file.tensor(name)
          _ = try? tensor.doubles()
          _ = try? tensor.integers()
          if let floats = try? tensor.floats(), floats.count != tensor.shape.reduce(1, *) {
            throw Disagreement("tensor \(name) has \(floats.count) elements, not those of its shape")
          }
        }
      })
  }

  private static func checkpoint(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "checkpoint", "a checkpoint directory, compiled and run by reference and simulator", weight: 16,
      seeds: seeds.checkpoints, mutate: mutateCheckpoint, load: loadCheckpoint)
  }

  private static func shards(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "shards", "a checkpoint directory in several files with an index", seeds: seeds.shards,
      mutate: mutateCheckpoint, load: loadCheckpoint)
  }

  @Sendable private static func mutateCheckpoint(_ input: inout FuzzInput, _ random: inout FuzzRandom) -> String {
    let index = random.below(input.files.count)
    let isJSON = input.files[index].name.hasSuffix(".json")
    let step =
      isJSON
      ? JSONMutator.mutate(&input.files[index].bytes, &random)
      : TensorFileMutator.mutate(&input.files[index].bytes, &random)
    return "\(input.files[index].name): \(step)"
  }

  @Sendable private static func loadCheckpoint(_ directory: String) throws {
    let checkpoint = try Checkpoint(directory: directory)
    var reference = ReferenceEngine(try ReferenceModel(checkpoint))
    let logits = try reference.step(0)
    guard logits.count == checkpoint.configuration.vocabularySize else {
      throw Disagreement("the reference gives \(logits.count) logits")
    }
    try run(try CompiledModel(checkpoint, for: .tiny))
  }

  /// One token on the simulator.
  private static func run(_ model: CompiledModel) throws {
    var simulator = MachineSimulator(model)
    var observer = NoObserver()
    let result = try simulator.run(RunRequest(prompt: [0], budget: 1), observer: &observer)
    guard result.generated.count == 1 else {
      throw Disagreement("the simulator gives \(result.generated.count) tokens")
    }
  }

  private static func modelConfiguration(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "config", "a model's config.json", seeds: seeds.modelConfigurations,
      mutate: { input, random in JSONMutator.mutate(&input.files[0].bytes, &random) },
      load: { directory in
        let shape = try ModelConfiguration(path: directory + "/config.json")
        // A shape that is taken must have a layout or be refused; its tensors, which are not here, would take the
        // memory of so many layers.
        guard shape.layerCount <= 256 else { return }
        _ = try WidthProof(try Program(shape: shape, configuration: .wide) { _ throws(CheckpointError) in 1 })
      })
  }

  private static func tokenizer(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "tokenizer", "a tokenizer.json, with text and ids through it", weight: 16, seeds: seeds.tokenizers,
      mutate: { input, random in JSONMutator.mutate(&input.files[0].bytes, &random) },
      load: { directory in
        let tokenizer = try Tokenizer(path: directory + "/tokenizer.json")
        for text in ["", " Once upon a time", "<s>a </s>\u{1F600}\n\u{0} <0x41>\u{212B}", "\u{2581}aaaaaaaaa"] {
          _ = tokenizer.decode(tokenizer.encode(text))
        }
        _ = tokenizer.decode(Array(-1...300) + [Int.max, Int.min], skipSpecialTokens: false)
      })
  }

  private static var configuration: FuzzTarget {
    FuzzTarget(
      "configuration", "an accelerator's configuration", seeds: FuzzSeeds.configurations,
      mutate: { input, random in JSONMutator.mutate(&input.files[0].bytes, &random) },
      load: { directory in
        let machine = try Configuration.load(directory + "/" + FuzzSeeds.configurationFile)
        _ = MachineTiming(machine)
        _ = try WidthProof(
          try Program(shape: FuzzSeeds.shape, configuration: machine) { _ throws(CheckpointError) in 1 })
      })
  }

  private static func image(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "image", "what compile wrote: image.bin and summary.json, run by the simulator", weight: 16, seeds: seeds.images,
      mutate: { input, random in
        let index = random.oneIn(8) ? 1 : 0
        let step =
          index == 0
          ? ImageMutator.mutate(&input.files[0].bytes, &random)
          : JSONMutator.mutate(&input.files[1].bytes, &random)
        return "\(input.files[index].name): \(step)"
      },
      load: { directory in try run(try CompiledModel(directory: directory)) })
  }

  private static func header(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "header", "an image's header alone", weight: 2, seeds: seeds.images.map { FuzzInput([$0.files[0]]) },
      mutate: { input, random in
        if input.files[0].bytes.count > ImageHeader.byteCount, random.oneIn(2) {
          input.files[0].bytes.removeSubrange(ImageHeader.byteCount...)
        }
        return ImageMutator.mutate(&input.files[0].bytes, &random)
      },
      load: { directory in
        let bytes = [UInt8](FileManager.default.contents(atPath: directory + "/" + CompiledModel.imageName) ?? Data())
        let header = try ImageHeader(bytes: bytes, configuration: .tiny)
        guard header.bytes == Array(bytes.prefix(ImageHeader.byteCount)) else {
          throw Disagreement("a header is not written as it was read")
        }
      })
  }

  private static func assembler(_ seeds: FuzzSeeds) -> FuzzTarget {
    FuzzTarget(
      "assembler", "assembly text, and instruction words back to it", seeds: seeds.listings,
      mutate: { input, random in TextMutator.mutate(&input.files[0].bytes, &random) },
      load: { directory in
        let bytes = FileManager.default.contents(atPath: directory + "/" + FuzzSeeds.listingFile) ?? Data()
        // Words that no assembler wrote, from the same bytes.
        for start in stride(from: 0, to: bytes.count - 16, by: 16) {
          let half = { (offset: Int) in TensorFileMutator.littleEndian(bytes[start + offset..<start + offset + 8]) }
          try roundTrip(InstructionWord(low: half(0), high: half(8)))
          try roundTrip(InstructionWord(low: half(0) & ~0xFF | half(8) & 7 + 1, high: half(8)))
        }
        let instructions = try Assembler.assemble(String(decoding: bytes, as: UTF8.self))
        for instruction in instructions { try roundTrip(instruction.word) }
      })
  }

  private static func roundTrip(_ word: InstructionWord) throws {
    guard let instruction = Instruction(word) else { return }
    _ = instruction.violation(for: .wide)
    let text = Assembler.disassemble(instruction)
    let again = try Assembler.assemble(text)
    guard again.map(\.word) == [word] else { throw Disagreement("'\(text)' is not \(word.hexadecimal)") }
  }
}
