import Files
import Foundation

/// The `.safetensors` files of a checkpoint directory, and which of them holds which tensor.
struct CheckpointShards: Sendable {
  private let directory: String
  private let files: [SafetensorsFile]
  private let places: [String: Int]
  private let description: String

  static let indexName = "model.safetensors.index.json"

  /// Uses the index when there is one, else `model.safetensors`, else every `.safetensors` file of the directory.
  init(directory: String) throws(CheckpointError) {
    self.directory = directory
    let manager = FileManager.default
    let index = directory + "/" + Self.indexName
    var places: [String: Int] = [:]
    var files: [SafetensorsFile] = []
    if manager.fileExists(atPath: index) {
      let map = try Self.weightMap(index)
      let names = Set(map.values).sorted()
      for name in names { files.append(try SafetensorsFile(path: directory + "/" + name)) }
      let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
      places = map.compactMapValues { numbers[$0] }
      description = index
    } else {
      let names = try Self.fileNames(directory)
      for name in names { files.append(try SafetensorsFile(path: directory + "/" + name)) }
      for (number, file) in files.enumerated() {
        for name in file.names {
          if let other = places.updateValue(number, forKey: name) {
            throw .tensor(path: file.path, name: name, problem: "is also in \(files[other].path)")
          }
        }
      }
      description = files.count == 1 ? files[0].path : directory
    }
    self.files = files
    self.places = places
  }

  func tensor(_ name: String) throws(CheckpointError) -> SafetensorsTensor {
    guard let place = places[name] else { throw .tensor(path: description, name: name, problem: "is missing") }
    return try files[place].tensor(name)
  }

  private static func fileNames(_ directory: String) throws(CheckpointError) -> [String] {
    if FileManager.default.fileExists(atPath: directory + "/model.safetensors") { return ["model.safetensors"] }
    let contents: [String]
    do {
      contents = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw .file(path: directory, problem: "cannot be listed")
    }
    let names = contents.filter { $0.hasSuffix(".safetensors") }.sorted()
    guard !names.isEmpty else { throw .file(path: directory, problem: "holds no .safetensors file") }
    return names
  }

  private static func weightMap(_ path: String) throws(CheckpointError) -> [String: String] {
    guard let members = try JSONText(path: path)["weight_map"]?.members else {
      throw .malformed(path: path, problem: "has no weight_map")
    }
    var map: [String: String] = [:]
    for (name, file) in members {
      guard let file = file.text else { throw .malformed(path: path, problem: "has a file name that is not a string") }
      map[String(decoding: name, as: UTF8.self)] = file
    }
    // A shard lies beside its index; anything else in its name would reach outside the checkpoint, or is no name that a
    // message could quote.
    for name in map.values
    where name.contains("/") || !name.hasSuffix(".safetensors") || name.utf8.count > 255
      || name.printable(limit: .max) != name
    {
      throw .malformed(
        path: path,
        problem: "names \(name.printable(limit: 80)), which is not a .safetensors file of the same directory")
    }
    return map
  }
}
