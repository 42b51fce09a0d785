import HardwareDescription
import SetunMachine

/// What the tokens of a run depend on.
struct TokenInputs {
  let start, score, useEOS: Bit
  let eosID: Unsigned
  /// Settings, stream 0 lowest.
  let promptLength, tokenBudget: Unsigned
  /// The word of the prompt buffer asked for in the cycle before.
  let promptData: Unsigned
  let vocabulary, embeddingOffset, embeddingBeats: Unsigned
  let embedRetired, tokenValid: Bit
  /// The tokens decided, stream 0 lowest.
  let tokenID: Unsigned
  let isRunning, isClearing, begin: Bit
}

/// What is decided about the tokens of a run.
struct RunTokens {
  /// A START that cannot run, known with it.
  var isBadStart: Bit
  /// The same, found out later, before the run begins.
  var isRefused = Bit(false)
  /// It can run, where that is found out later.
  var isPlanned: Bit?
  var positions, firstHeadPosition: Unsigned
  /// Tokens are decided in this cycle.
  var isDecided: Bit
  /// They end the run: because of a token, because no budget is left.
  var endsByEOS, endsByBudget: Bit
  /// The next position's tokens are known.
  var isFed: Bit
  /// The embedding rows' addresses in beats.
  var embeddingAddress: Unsigned
  var promptAddress: Unsigned
  /// A token outside the vocabulary is about to be looked up.
  var isStranger: Bit?
  /// The token that is looked up, where there is one stream.
  var token: Unsigned?
  /// What each stream does, where there are several.
  var streams: StreamWork?

  /// A token outside the vocabulary is about to be looked up.
  func stranger(_ m: ModuleBuilder, _ inputs: TokenInputs, age: Unsigned) -> Bit {
    guard let token else { return isStranger ?? Bit(false) }
    return m.wire("is_stranger", inputs.isRunning && age[0] && token >= inputs.vocabulary)
  }
}

extension RunControl {
  /// The tokens of a core with one stream.
  func oneStream(_ m: ModuleBuilder, _ given: TokenInputs) -> RunTokens {
    m.comment("The settings are stable from the start pulse on.")
    let total = m.wire("total_tokens", given.promptLength + given.tokenBudget)
    let isBadStart = m.wire(
      "is_bad_start",
      given.promptLength == 0 || given.promptLength > Unsigned(configuration.promptCapacity)
        || given.tokenBudget == 0 || total[32])
    let positions = m.registered("positions", total[31, 0] &- 1)
    let firstHeadPosition = m.registered(
      "first_head_position", given.score.select(Unsigned(0, width: 32), given.promptLength &- 1))

    let (afterHead, isDecided) = decidedPositions(m, given, firstHeadPosition)
    m.comment("Tokens are many cycles apart, so these may follow the position by a cycle.")
    let isFinal = m.registered("is_final", afterHead == positions)
    let isGenerated = m.registered("is_generated", afterHead >= given.promptLength)
    let isEOS = m.wire("is_eos", given.useEOS && isGenerated && given.tokenID == given.eosID)

    let promptBits = indexWidth(configuration.promptCapacity)
    let promptIndex = m.register(
      "prompt_index", Unsigned.self, width: bitWidth(of: configuration.promptCapacity), reset: 0)
    let feedPrompt = m.wire(
      "feed_prompt",
      given.begin || given.isRunning && given.embedRetired && promptIndex < given.promptLength)
    let feedDecided = m.wire("feed_decided", isDecided && isGenerated && !isFinal)
    m.comment(
      "The prompt position whose token is fed next; the prompt's length when all are. The buffer is read ahead.")
    m.when(given.isClearing) { promptIndex.next(0) }.elseWhen(feedPrompt) { promptIndex.next(promptIndex &+ 1) }

    let token = m.register("token", Unsigned.self, width: 17)
    m.when(feedPrompt) { token.next(given.promptData) }
    m.when(feedDecided) { token.next(given.tokenID) }
    return RunTokens(
      isBadStart: isBadStart, positions: positions, firstHeadPosition: firstHeadPosition, isDecided: isDecided,
      endsByEOS: isEOS, endsByBudget: isFinal, isFed: feedPrompt || feedDecided,
      embeddingAddress: rowAddress(m, given, token), promptAddress: promptIndex.truncated(to: promptBits),
      token: token)
  }

  /// One more than the position whose tokens are decided next, and that they are in this cycle.
  func decidedPositions(
    _ m: ModuleBuilder, _ given: TokenInputs, _ firstHeadPosition: Unsigned
  ) -> (afterHead: Unsigned, isDecided: Bit) {
    let afterHead = m.register("after_head", Unsigned.self, width: 32)
    let isDecided = m.wire("token_decided", given.isRunning && given.tokenValid)
    m.comment(
      """
      One more than the position whose token is decided next: the positions that run the head follow each other without
      gaps.
      """)
    m.when(!given.isRunning) { afterHead.next(firstHeadPosition &+ 1) }.elseWhen(isDecided) {
      afterHead.next(afterHead &+ 1)
    }
    return (afterHead, isDecided)
  }

  /// The address of a token's embedding row, two cycles after the token.
  func rowAddress(_ m: ModuleBuilder, _ given: TokenInputs, _ token: Unsigned) -> Unsigned {
    let beatShift = configuration.beatBytes.trailingZeroBitCount
    m.comment("The embedding row's address in beats. All of it is stable long before and after it is used.")
    let rowOffset = m.registered("row_offset", token[15, 0] * given.embeddingBeats)
    m.unused(given.embeddingOffset[beatShift - 1, 0])
    return m.registered(
      "embedding_address", rowOffset &+ given.embeddingOffset[31, beatShift].extended(to: 32))
  }
}
