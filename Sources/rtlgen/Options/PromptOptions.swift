import ArgumentParser
import Checkpoint
import Foundation

struct PromptOptions: ParsableArguments {
  @Option(name: .long, help: "Text to begin with; the model's BOS is put in front of it.")
  var prompt: String?

  @Option(name: .long, help: "Token ids to begin with, as they are: 1,5,9.")
  var ids: TokenList?

  func validate() throws {
    if prompt != nil, ids != nil { throw ValidationError("Give either --prompt or --ids, not both.") }
  }

  /// The tokens to begin with: the ids given, or BOS and the text, or BOS alone.
  func tokens(for source: ModelSource) throws -> [Int] {
    try Self.tokens(text: prompt, ids: ids, for: source)
  }

  /// The ids, or BOS and the text, or BOS alone.
  static func tokens(text: String?, ids: TokenList?, for source: ModelSource) throws -> [Int] {
    let vocabulary = source.shape.vocabularySize
    let tokens: [Int]
    if let ids {
      tokens = ids.tokens
    } else {
      let begin = source.shape.beginToken.map { [$0] } ?? []
      tokens = begin + (try text.map { try source.tokenizer().encode($0) } ?? [])
    }
    guard !tokens.isEmpty else {
      throw Failure("\(source.directory): names no beginning-of-sequence token, so a prompt is needed.")
    }
    if let token = tokens.first(where: { !(0..<vocabulary).contains($0) }) {
      throw Failure("Token \(token) of the prompt is outside the model's vocabulary of \(vocabulary).")
    }
    return tokens
  }
}

/// Token ids separated by commas.
struct TokenList: ExpressibleByArgument {
  let tokens: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    let tokens = parts.compactMap { $0 }
    guard tokens.count == parts.count, tokens.allSatisfy({ $0 >= 0 }) else { return nil }
    self.tokens = tokens
  }
}
