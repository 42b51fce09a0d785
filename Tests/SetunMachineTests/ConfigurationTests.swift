import Foundation
import SetunMachine
import Testing

/// One change of a configuration.
struct ConfigurationChange: Sendable, CustomStringConvertible {
  var description: String
  var apply: @Sendable (inout Configuration) -> Void

  init(_ description: String, _ apply: @escaping @Sendable (inout Configuration) -> Void) {
    self.description = description
    self.apply = apply
  }
}

@Suite("Configurations")
struct ConfigurationTests {
  @Test("the named configurations are valid and are found by name", arguments: Configuration.named)
  func named(configuration: Configuration) throws {
    try configuration.validate()
    #expect(try Configuration.load(configuration.name) == configuration)
  }

  static let everyField: [ConfigurationChange] = [
    ConfigurationChange("name") { $0.name = "other" }, ConfigurationChange("beatBits") { $0.beatBits = 256 },
    ConfigurationChange("channels") { $0.channels = 2 }, ConfigurationChange("streams") { $0.streams = 2 },
    ConfigurationChange("fractionBits") { $0.fractionBits = 14 },
    ConfigurationChange("fifoBeats") { $0.fifoBeats = 1024 }, ConfigurationChange("burstBeats") { $0.burstBeats = 32 },
    ConfigurationChange("hiddenCapacity") { $0.hiddenCapacity += 1 },
    ConfigurationChange("intermediateCapacity") { $0.intermediateCapacity += 1 },
    ConfigurationChange("stateCapacity") { $0.stateCapacity += 1 },
    ConfigurationChange("vocabularyCapacity") { $0.vocabularyCapacity += 1 },
    ConfigurationChange("promptCapacity") { $0.promptCapacity += 1 },
    ConfigurationChange("tokenCapacity") { $0.tokenCapacity *= 2 },
    ConfigurationChange("sumQueueGroups") { $0.sumQueueGroups *= 2 },
    ConfigurationChange("clockMHz") { $0.clockMHz += 1 },
  ]

  @Test("the hash changes with every field, and with nothing else")
  func hash() throws {
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(Configuration.tiny.canonicalJSON.utf8)) as? [String: Any])
    #expect(Set(object.keys) == Set(Self.everyField.map(\.description)))
    var hashes: Set<UInt64> = [Configuration.tiny.hash]
    for change in Self.everyField {
      var configuration = Configuration.tiny
      change.apply(&configuration)
      #expect(hashes.insert(configuration.hash).inserted, "\(change)")
    }
    let copy = try JSONDecoder().decode(Configuration.self, from: Data(Configuration.tiny.canonicalJSON.utf8))
    #expect(copy.hash == Configuration.tiny.hash)
  }

  @Test("several row lanes are stated and hashed; one is not, so that it changes no hash")
  func rowLanes() throws {
    var lanes = Configuration.tiny
    lanes.rowLanes = 5
    #expect(lanes.canonicalJSON.contains("\"rowLanes\":5") && !Configuration.tiny.canonicalJSON.contains("rowLanes"))
    #expect(lanes.hash != Configuration.tiny.hash)
    let copy = try JSONDecoder().decode(Configuration.self, from: Data(lanes.canonicalJSON.utf8))
    #expect(copy == lanes)
    try copy.validate()
  }

  @Test(
    "a beat holds whole steps of bf16 values, and a vector takes as many beats as hold it",
    arguments: [(512, 1, 32), (256, 1, 16), (128, 1, 8), (512, 5, 30), (256, 5, 15), (128, 5, 5)])
  func halves(beatBits: Int, rowLanes: Int, perBeat: Int) {
    var configuration = Configuration.wide
    configuration.beatBits = beatBits
    configuration.rowLanes = rowLanes
    #expect(configuration.halvesPerBeat == perBeat)
    for count in [1, perBeat - 1, perBeat, perBeat + 1, 256, 777] {
      let (beats, steps) = (configuration.vectorBeats(of: count), configuration.steps(of: count))
      #expect((beats - 1) * perBeat < count && count <= beats * perBeat)
      #expect((steps - 1) * rowLanes < count && count <= steps * rowLanes)
    }
  }

  static let refused: [(ConfigurationChange, String)] = [
    (ConfigurationChange("no name") { $0.name = "" }, "name must consist of"),
    (ConfigurationChange("a path as name") { $0.name = "a/b" }, "name must consist of"),
    (ConfigurationChange("a space in the name") { $0.name = "a b" }, "name must consist of"),
    (ConfigurationChange("a letter beyond ASCII") { $0.name = "größe" }, "name must consist of"),
    (ConfigurationChange("64 bits") { $0.beatBits = 64 }, "beatBits must be 128, 256 or 512, not 64"),
    (ConfigurationChange("1024 bits") { $0.beatBits = 1024 }, "beatBits must be 128, 256 or 512, not 1024"),
    (ConfigurationChange("negative bits") { $0.beatBits = -128 }, "beatBits must be 128, 256 or 512, not -128"),
    (ConfigurationChange("three channels") { $0.channels = 3 }, "channels must be a power of two"),
    (ConfigurationChange("no stream") { $0.streams = 0 }, "streams must be a power of two up to 16, not 0"),
    (ConfigurationChange("three streams") { $0.streams = 3 }, "streams must be a power of two up to 16, not 3"),
    (ConfigurationChange("32 streams") { $0.streams = 32 }, "streams must be a power of two up to 16, not 32"),
    (
      ConfigurationChange("tokens of two steps") { ($0.streams, $0.tokenCapacity) = (16, 32) },
      "tokenCapacity must hold the tokens of four steps, 64, not 32"
    ),
    (ConfigurationChange("9 fraction bits") { $0.fractionBits = 9 }, "fractionBits must be 10 to 15, not 9"),
    (ConfigurationChange("16 fraction bits") { $0.fractionBits = 16 }, "fractionBits must be 10 to 15, not 16"),
    (ConfigurationChange("no burst") { $0.burstBeats = 0 }, "burstBeats must be a power of two up to 256, not 0"),
    (ConfigurationChange("48-beat bursts") { $0.burstBeats = 48 }, "burstBeats must be a power of two"),
    (ConfigurationChange("512-beat bursts") { $0.burstBeats = 512 }, "burstBeats must be a power of two up to 256"),
    (
      ConfigurationChange("bursts over 4 KiB") {
        $0.beatBits = 512
        $0.burstBeats = 128
      }, "a burst of 128 beats of 64 bytes exceeds 4096 bytes"
    ),
    (ConfigurationChange("a FIFO of one burst") { $0.fifoBeats = 64 }, "fifoBeats must be a power of two"),
    (ConfigurationChange("a FIFO of 500 beats") { $0.fifoBeats = 500 }, "fifoBeats must be a power of two"),
    (ConfigurationChange("a FIFO of 2^17 beats") { $0.fifoBeats = 1 << 17 }, "fifoBeats must be a power of two"),
    (ConfigurationChange("d below the lanes") { $0.hiddenCapacity = 15 }, "hiddenCapacity must be 16 to 16384, not 15"),
    (ConfigurationChange("d too large") { $0.hiddenCapacity = 16385 }, "hiddenCapacity must be 16 to 16384"),
    (ConfigurationChange("I below the lanes") { $0.intermediateCapacity = 15 }, "intermediateCapacity must be 16 to"),
    (ConfigurationChange("I beyond 16 bits") { $0.intermediateCapacity = 65536 }, "intermediateCapacity must be 16 to"),
    (ConfigurationChange("state below d") { $0.stateCapacity = 255 }, "stateCapacity must be hiddenCapacity to"),
    (ConfigurationChange("state too large") { $0.stateCapacity = 1 << 25 }, "stateCapacity must be hiddenCapacity to"),
    (ConfigurationChange("one token") { $0.vocabularyCapacity = 1 }, "vocabularyCapacity must be 2 to 65535, not 1"),
    (ConfigurationChange("65536 tokens") { $0.vocabularyCapacity = 65536 }, "vocabularyCapacity must be 2 to 65535"),
    (ConfigurationChange("no prompt") { $0.promptCapacity = 0 }, "promptCapacity must be 1 to 4096, not 0"),
    (ConfigurationChange("prompt beyond the window") { $0.promptCapacity = 4097 }, "promptCapacity must be 1 to 4096"),
    (ConfigurationChange("one token place") { $0.tokenCapacity = 1 }, "tokenCapacity must be a power of two"),
    (ConfigurationChange("48 token places") { $0.tokenCapacity = 48 }, "tokenCapacity must be a power of two"),
    (ConfigurationChange("32 sum groups") { $0.sumQueueGroups = 32 }, "sumQueueGroups must be 16, not 32"),
    (ConfigurationChange("no row lane") { $0.rowLanes = 0 }, "rowLanes must be 1 or 5, not 0"),
    (ConfigurationChange("two row lanes") { $0.rowLanes = 2 }, "rowLanes must be 1 or 5, not 2"),
    (ConfigurationChange("no clock") { $0.clockMHz = 0 }, "clockMHz must be 1 to 1000, not 0"),
    (ConfigurationChange("extreme numbers") { $0.fifoBeats = .max }, "fifoBeats must be a power of two"),
    (ConfigurationChange("extreme bursts") { $0.burstBeats = .min }, "burstBeats must be a power of two"),
  ]

  @Test("what cannot be built is refused with the field and its range")
  func validation() {
    for (change, reason) in Self.refused {
      var configuration = Configuration.tiny
      change.apply(&configuration)
      do throws(ConfigurationError) {
        try configuration.validate()
        Issue.record("\(change) was accepted")
      } catch {
        #expect(error.description.contains(reason), "\(change): \(error)")
      }
    }
  }

  @Test("a JSON file with every field is read; anything else is refused with the reason")
  func load() throws {
    let path = NSTemporaryDirectory() + "/configuration-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let good = Configuration.wide.canonicalJSON
    let cases: [(String, String?)] = [
      (good, nil),
      (good.replacing("\"clockMHz\"", with: "\"clock\""), "the field 'clockMHz' is missing"),
      ("{\"extra\": 1, " + good.dropFirst(), "it has an unknown field 'extra'"),
      (good.replacing("\"beatBits\":512", with: "\"beatBits\":\"512\""), "the field 'beatBits' has the wrong type"),
      (good.replacing("\"beatBits\":512", with: "\"beatBits\":512.5"), "'beatBits'"),
      (good.replacing("\"beatBits\":512", with: "\"beatBits\":1e30"), "'beatBits'"),
      (good.replacing("\"beatBits\":512", with: "\"beatBits\":null"), "'beatBits'"),
      // What has no row lanes has one.
      ("{\"rowLanes\": 1, " + good.dropFirst(), nil),
      ("{\"rowLanes\": 3, " + good.dropFirst(), "rowLanes must be 1 or 5, not 3"),
      ("{\"rowLanes\": \"5\", " + good.dropFirst(), "the field 'rowLanes' has the wrong type"),
      ("{\"rowLanes\": null, " + good.dropFirst(), "the field 'rowLanes' is null"),
      (good.replacing("\"beatBits\":512", with: "\"beatBits\":64"), "beatBits must be 128, 256 or 512, not 64"),
      ("", "it is not a JSON object"), ("[]", "it is not a JSON object"), ("{", "it is not a JSON object"),
      ("7", "it is not a JSON object"),
    ]
    for (text, reason) in cases {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      do throws(ConfigurationError) {
        let configuration = try Configuration.load(path)
        #expect(reason == nil && configuration == .wide, "\(text)")
      } catch {
        #expect(error.description.contains(reason ?? "nothing"), "\(text): \(error)")
        #expect(error.description.hasSuffix(".") && !error.description.contains("\n"))
      }
    }
    for path in ["/nowhere.json", "", "Tiny"] {
      do throws(ConfigurationError) {
        _ = try Configuration.load(path)
        Issue.record("'\(path)' was accepted")
      } catch {
        #expect(
          error.description.contains(
            "the named configurations are tiny, wide, kv260, u250, u280, d5005, u250x4 and ulx3s"), "\(error)"
        )
      }
    }
  }

  @Test("widths hold the largest values", arguments: Configuration.named)
  func widths(configuration: Configuration) {
    let columns = configuration.words(of: configuration.vectorCapacity) * configuration.lanes
    #expect(columns >= configuration.vectorCapacity)
    #expect(127 * columns < 1 << (configuration.sumBits - 1))
    #expect(bitWidth(of: 0) == 1 && bitWidth(of: 1) == 1 && bitWidth(of: 2) == 2 && bitWidth(of: 255) == 8)
    #expect(configuration.words(of: 1) == 1 && configuration.words(of: configuration.lanes + 1) == 2)
  }
}
