import ArgumentParser
import Checkpoint
import Foundation

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn lines of text into token ids, or the other way.",
    discussion: """
      Reads lines from standard input and writes one JSON value a line: an array of ids (without BOS), or with --decode \
      a string. Ids are separated by commas or spaces; brackets around them are allowed.
      """)

  @OptionGroup var model: ModelOptions

  @Flag(name: .long, help: "Turn lines of ids into text.")
  var decode = false

  @Flag(name: .long, help: "With --decode, keep special tokens such as </s> in the text.")
  var keepSpecial = false

  func run() throws {
    let tokenizer = try model.tokenizer()
    var number = 0
    try forEachLine { line in
      number += 1
      if decode {
        let text = tokenizer.decode(try ids(line, number: number), skipSpecialTokens: !keepSpecial)
        Console.write(JSONOutput.string(text) + "\n")
      } else {
        Console.write(JSONOutput.array(tokenizer.encode(line)) + "\n")
      }
    }
  }

  private func ids(_ line: String, number: Int) throws -> [Int] {
    let separators: Set<Character> = [",", " ", "\t", "\r", "\r\n"]
    var text = Substring(line.trimmingCharacters(in: .whitespaces))
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    return try text.split(whereSeparator: separators.contains).map {
      guard let id = Int($0), id >= 0 else {
        throw Failure("Line \(number) of the input has \($0.debugDescription) where a token id is needed.")
      }
      return id
    }
  }

  /// Lines end with a line feed and nothing else: a carriage return belongs to the text.
  private func forEachLine(_ body: (String) throws -> Void) throws {
    var rest = Data()
    while case let block = FileHandle.standardInput.availableData, !block.isEmpty {
      rest += block
      while let end = rest.firstIndex(of: 0x0A) {
        try body(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
        rest = rest[(end + 1)...]
      }
      rest = Data(rest)
    }
    if !rest.isEmpty { try body(String(decoding: rest, as: UTF8.self)) }
  }
}
