import HardwareDescription
import SetunMachine

/// Starts, feeds and stops runs.
///
/// Says when each position's token is known and where its embedding row lies, which tokens are final, and why a run ended.
public struct RunControl: HardwareModule {
  public let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var moduleName: String { "run_control" }

  enum RunState: HardwareEnum { case idle, header, waiting, running, stopping, clearing }

  /// `StopCause` as hardware: the same cases in the order of their raw values.
  enum Cause: HardwareEnum {
    case none, budgetReached, endOfSequence, abort, softReset, memoryError, badTritCode, illegalInstruction
    case headerFormat, headerHash, headerCRC, badStart
  }

  var timing: MachineTiming { MachineTiming(configuration) }

  public var documentation: String {
    """
    Run control: from an accepted START to idle.

    A run waits for the header check and for a place in the token FIFO, runs until a token ends it or something goes
    wrong, then halts requests and acceptance (halt_o), waits until every requested beat has arrived (drained_i), and
    holds the control state of the core cleared for \(timing.settle) cycles (clear_o): what is still in a pipeline then leaves
    it into a core that remembers nothing. busy_o is 1 from the cycle after start_i until that is over. A START that
    cannot run (prompt length, budget) halts before the first request.

    The token of position e is known at begin_o for e = 0, when the embedding row of e - 1 has retired for other prompt
    positions, and when the token of e - 1 was decided for the rest. If that is cycle v, embedding_valid_o rises in
    cycle v + \(timing.tokenToRequest) and falls after embedding_taken_i.
    A token decided in cycle v (token_valid_i) that ends the run shows as halt_o in cycle v + 1; so do errors and aborts.
    cycles_o counts from 0 in the cycle after start_i and keeps the cycle, counted from start_i, in which the run was
    ended.
    Of simultaneous reasons to stop, errors go before abort and soft reset, those before EOS, EOS before the budget.
    Backpressure: hold_o keeps the sequencer from entering a position whose token would find no place.\(streamNote)
    Source: ARCHITECTURE.md, sections 1, 3 and 5.
    """
  }

  private var streamNote: String {
    guard configuration.streams > 1 else { return "" }
    return """

      With \(configuration.streams) streams a position is a step, in which each of them may work on a token: tokens of all are known, looked up and
      decided together. Settings are looked at after START, one stream a cycle, and only then the channels begin
      (channel_start_o). A stream whose sequence has ended goes on in step with the others: with token 0, and its state
      stays as it is (stream_active_o).
      """
  }

  public func build(_ m: ModuleBuilder) {
    let streams = configuration.streams

    // MARK: Ports

    let start = m.input("start", Bit.self)
    let abort = m.input("abort", Bit.self)
    let softReset = m.input("soft_reset", Bit.self)
    let clearState = m.input("clear_state", Bit.self)
    let useEOS = m.input("use_eos", Bit.self)
    let score = m.input("score", Bit.self)
    let promptLength = m.input("prompt_length", Unsigned.self, width: 32 * streams)
    let tokenBudget = m.input("token_budget", Unsigned.self, width: 32 * streams)
    let eosID = m.input("eos_id", Unsigned.self, width: 16)
    let promptData = m.input("prompt_data", Unsigned.self, width: 17)
    let tokenSpace = m.input("token_space", Bit.self)
    let headerOK = m.input("header_ok", Bit.self)
    let headerErrorFormat = m.input("header_error_format", Bit.self)
    let headerErrorHash = m.input("header_error_hash", Bit.self)
    let headerErrorCRC = m.input("header_error_crc", Bit.self)
    let vocabulary = m.input("vocabulary", Unsigned.self, width: 17)
    let embeddingOffset = m.input("embedding_offset", Unsigned.self, width: 32)
    let embeddingBeats = m.input("embedding_beats", Unsigned.self, width: 16)
    let embedRetired = m.input("embed_retired", Bit.self)
    let tokenValid = m.input("token_valid", Bit.self)
    let tokenID = m.input("token_id", Unsigned.self, width: 16 * streams)
    let embeddingTaken = m.input("embedding_taken", Bit.self)
    let drained = m.input("drained", Bit.self)
    let memoryError = m.input("memory_error", Bit.self)
    let badTrit = m.input("bad_trit", Bit.self)
    let illegalInstruction = m.input("illegal_instruction", Bit.self)
    let positionDone = m.input("position_done", Bit.self)

    let state = m.register("state", reset: RunState.idle)
    let cause = m.register("cause", reset: Cause.none)
    m.comment("What others wait for is found out with the state, not from it.")
    let isRunning = m.register("is_running", Bit.self, reset: false)
    let isClearing = m.register("is_clearing", Bit.self, reset: false)
    let isBusy = m.register("is_busy", Bit.self, reset: false)
    let nextHalts = m.wire("next_halts", Bit.self)
    let halts = m.registeredCopies("halts", nextHalts.asUnsigned, count: 3, reset: 0)
    nextHalts.drive(halts[0])

    // MARK: Tokens

    m.comment("Tokens of an earlier run may still fill the FIFO; every later position is held back by the sequencer.")
    let begin = m.wire("run_begins", (state == .header && headerOK || state == .waiting) && tokenSpace)
    let inputs = TokenInputs(
      start: start, score: score, useEOS: useEOS, eosID: eosID, promptLength: promptLength, tokenBudget: tokenBudget,
      promptData: promptData, vocabulary: vocabulary, embeddingOffset: embeddingOffset, embeddingBeats: embeddingBeats,
      embedRetired: embedRetired, tokenValid: tokenValid, tokenID: tokenID, isRunning: isRunning,
      isClearing: isClearing, begin: begin)
    let tokens = configuration.streams == 1 ? oneStream(m, inputs) : severalStreams(m, inputs)
    let ageBits = timing.tokenToRequest - 1
    let age = m.register("token_age", Unsigned.self, width: ageBits, reset: 0)
    m.comment("Cycles since the token became known, one bit each.")
    age.next(concatenate(age[ageBits - 2, 0], tokens.isFed))
    let embeddingValid = m.register("embedding_valid", Bit.self, reset: false)
    m.when(isClearing) { embeddingValid.next(false) }.elseWhen(age[ageBits - 1]) { embeddingValid.next(true) }
      .elseWhen(embeddingTaken) { embeddingValid.next(false) }
    let isStranger = tokens.stranger(m, inputs, age: age)

    // MARK: Why to stop

    m.comment("In order of priority.")
    let stop = m.wire("stop", Cause.self)
    stop.drive(.none)
    m.when(memoryError) { stop.drive(.memoryError) }
      .elseWhen(badTrit) { stop.drive(.badTritCode) }
      .elseWhen(illegalInstruction) { stop.drive(.illegalInstruction) }
      .elseWhen(headerErrorFormat) { stop.drive(.headerFormat) }
      .elseWhen(headerErrorHash) { stop.drive(.headerHash) }
      .elseWhen(headerErrorCRC) { stop.drive(.headerCRC) }
      .elseWhen(isStranger || tokens.isRefused) { stop.drive(.badStart) }
      .elseWhen(softReset) { stop.drive(.softReset) }
      .elseWhen(abort) { stop.drive(.abort) }
      .elseWhen(tokens.isDecided && tokens.endsByEOS) { stop.drive(.endOfSequence) }
      .elseWhen(tokens.isDecided && tokens.endsByBudget) { stop.drive(.budgetReached) }
    m.comment("That there is a reason does not wait for which.")
    let endsRun = m.wire("ends_run", tokens.isDecided && (tokens.endsByEOS || tokens.endsByBudget))
    let isHeaderWrong = m.wire("header_is_wrong", headerErrorFormat || headerErrorHash || headerErrorCRC)
    let isError = m.wire(
      "is_error", memoryError || badTrit || illegalInstruction || isHeaderWrong || isStranger || tokens.isRefused)
    let mustStop = m.wire("must_stop", isError || softReset || abort || endsRun)

    // MARK: States

    let cycles = m.register("cycles", Unsigned.self, width: 64, reset: 0)
    m.comment("Cycles for which clear_o stays, less one.")
    let settle = m.register("settle", Unsigned.self, width: bitWidth(of: timing.settle - 1))
    m.switchOn(state) { current in
      switch current {
      case .idle:
        m.when(start) {
          cause.next(.none)
          cycles.next(0)
          isBusy.next(true)
          state.next(.header)
          m.comment("Nothing has been requested yet, so these runs end at once.")
          m.when(tokens.isBadStart || softReset || abort) {
            state.next(.stopping)
            nextHalts.drive(true)
          }
          m.when(tokens.isBadStart) { cause.next(.badStart) }.elseWhen(softReset) { cause.next(.softReset) }
            .elseWhen(abort) { cause.next(.abort) }
        }
      case .header, .waiting, .running:
        cycles.next(cycles &+ 1)
        m.when(mustStop) {
          cause.next(stop)
          state.next(.stopping)
          isRunning.next(false)
          nextHalts.drive(true)
          if current == .header, tokens.isPlanned != nil { m.when(tokens.isRefused) { cycles.next(0) } }
        }.otherwise {
          if current == .header { m.when(headerOK) { state.next(.waiting) } }
          if current != .running {
            m.when(begin) {
              state.next(.running)
              isRunning.next(true)
            }
          }
        }
      case .stopping:
        settle.next(Unsigned(timing.settle - 1))
        m.when(drained) {
          state.next(.clearing)
          isClearing.next(true)
        }
      case .clearing:
        settle.next(settle &- 1)
        m.when(settle == 0) {
          state.next(.idle)
          isClearing.next(false)
          isBusy.next(false)
          nextHalts.drive(false)
        }
      }
    }

    m.output("busy", isBusy)
    m.output("cause", cause.encoded.extended(to: 8))
    m.comment("One for the sequencer, one for the channels, one for the streams.")
    m.output("halt", halts[0])
    m.output("channel_halt", halts[1])
    m.output("stream_halt", halts[2])
    m.comment("The same as is_clearing, in registers of their own that carry the loads outside.")
    let clears = m.registeredCopies(
      "clears", (state == .stopping && drained || isClearing && settle != 0).asUnsigned,
      count: 1 + streams + configuration.channels, reset: 0)
    m.output("clear", clears[0])
    m.output("stream_clear", clears.slice(at: 1, width: streams))
    m.output("channel_clear", clears.slice(at: 1 + streams, width: configuration.channels))
    if let isPlanned = tokens.isPlanned {
      m.comment("The channels read their headers when the run is known to be possible.")
      m.output("channel_start", isPlanned && state == .header)
    }
    m.output("begin", begin)
    m.output("embedding_valid", embeddingValid)
    m.output("embedding_address", tokens.embeddingAddress)
    m.output("positions", tokens.positions)
    m.output("first_head_position", tokens.firstHeadPosition)
    m.output("cycles", cycles)
    m.output("prompt_address", tokens.promptAddress)

    // MARK: The sequencer's position

    let following = m.register("following_position", Unsigned.self, width: 32, reset: 1)
    let isFirst = m.register("is_first_position", Bit.self, reset: true)
    let hasHead = m.register("has_head", Bit.self)
    let nextHasHead = m.registered("next_has_head", following >= tokens.firstHeadPosition)
    m.comment("One more than the sequencer's position, which runs behind the streamer's.")
    m.when(isClearing) {
      following.next(1)
      isFirst.next(true)
    }.elseWhen(positionDone) {
      following.next(following &+ 1)
      isFirst.next(false)
    }
    m.when(state == .header) {
      hasHead.next(tokens.firstHeadPosition == 0)
    }.elseWhen(positionDone) {
      hasHead.next(nextHasHead)
    }
    if let work = tokens.streams {
      m.output("stream_active", work.active(m, following))
      m.output("stream_decides", work.decides)
      m.output("token_push", work.decides & tokens.isDecided.replicated(configuration.streams))
    } else {
      m.output("token_push", tokens.isDecided)
    }
    m.output("has_head", hasHead)
    m.output("first_position", isFirst && clearState)
    m.output("hold", !isRunning || !tokenSpace)
  }
}
