import HardwareDescription
import SetunMachine

/// What each stream does: ``StreamSchedule`` in hardware.
struct StreamWork {
  /// Steps after which a stream has nothing left to do.
  let end: Unsigned
  /// In the first step it has nothing to do.
  let firstIdle: Unsigned
  /// Its sequence has ended with a token.
  let ended: Unsigned
  /// It decides a token in the next step that decides any.
  let decides: Unsigned

  var count: Int { ended.width }

  func end(_ s: Index) -> Unsigned { end.slice(at: s * 32, width: 32) }

  /// The streams that work in the position before `following`, a cycle later.
  func active(_ m: ModuleBuilder, _ following: Unsigned) -> Unsigned {
    let active = m.wire("stream_active", Unsigned.self, width: count)
    m.generate("active", count: count, index: "s") { s in
      active[s].drive(m.registered("is_active", works(s, after: following)))
    }
    return active
  }

  /// Stream `s` works in the step before `following`, a step counted from 0.
  func works(_ s: Index, after following: Unsigned) -> Bit {
    following <= end(s) && !(following == 1 && firstIdle[s]) && !ended[s]
  }
}

extension RunControl {
  /// The tokens of a core with several streams. A position of the control is a step: a token of every stream.
  func severalStreams(_ m: ModuleBuilder, _ given: TokenInputs) -> RunTokens {
    let streams = configuration.streams
    let oneSequence = m.input("one_sequence", Bit.self)
    let plan = scanSettings(m, given, oneSequence)
    let positions = m.registered("positions", plan.most &- 1)
    let firstHeadPosition = m.registered(
      "first_head_position", given.score.select(Unsigned(0, width: 32), plan.first &- 1))

    let (afterHead, isDecided) = decidedPositions(m, given, firstHeadPosition)
    m.comment("Which streams decide a token, and which of those tokens are generated and go on.")
    let ended = m.wire("ended", Unsigned.self, width: streams)
    let decides = m.wire("decides", Unsigned.self, width: streams)
    let isEOS = m.wire("is_eos", Unsigned.self, width: streams)
    let goesOn = m.wire("goes_on", Unsigned.self, width: streams)
    let work = StreamWork(end: plan.end, firstIdle: plan.firstIdle, ended: ended, decides: decides)
    m.generate("decision", count: streams, index: "s") { s in
      let isGenerated = m.registered("is_generated", afterHead >= plan.generatesFrom.slice(at: s * 32, width: 32))
      let works = m.registered("works", work.works(s, after: afterHead))
      let hasMore = m.registered("has_more", afterHead < work.end(s))
      let hasEnded = m.register("has_ended", Bit.self)
      let ends = m.wire(
        "ends", given.useEOS && works && isGenerated && given.tokenID.slice(at: s * 16, width: 16) == given.eosID)
      decides[s].drive(works && (given.score || isGenerated))
      isEOS[s].drive(ends)
      goesOn[s].drive(hasMore && !hasEnded && !ends)
      m.when(!given.isRunning) { hasEnded.next(false) }.elseWhen(isDecided && ends) { hasEnded.next(true) }
      ended[s].drive(hasEnded)
    }
    let anyGoesOn = m.wire("any_goes_on", goesOn.reducedOr)

    m.comment("The step whose tokens are fed, and the one after it.")
    let step = m.register("fed_step", Unsigned.self, width: 32)
    let nextStep = m.register("next_step", Unsigned.self, width: 32, reset: 0)
    let feedPrompt = m.wire(
      "feed_prompt", given.begin || given.isRunning && given.embedRetired && nextStep < plan.first)
    let isGenerated = m.registered("step_is_generated", afterHead >= plan.first)
    let feed = m.wire("feed", feedPrompt || isDecided && isGenerated && anyGoesOn)
    m.when(given.isClearing) { nextStep.next(0) }.elseWhen(feed) {
      step.next(nextStep)
      nextStep.next(nextStep &+ 1)
    }
    let lookup = lookUpTokens(m, given, plan, work, oneSequence: oneSequence, feed: feed, step: step)
    return RunTokens(
      isBadStart: Bit(false), isRefused: plan.isRefused, isPlanned: plan.isOver && !plan.isRefused,
      positions: positions, firstHeadPosition: firstHeadPosition,
      isDecided: isDecided, endsByEOS: m.wire("ends_by_eos", !anyGoesOn && isEOS.reducedOr), endsByBudget: !anyGoesOn,
      isFed: feed, embeddingAddress: lookup.addresses, promptAddress: lookup.promptAddress,
      isStranger: lookup.isStranger, streams: work)
  }

  /// What the settings of all streams come to.
  private struct StreamPlan {
    /// The first step in which a token is one that was decided.
    var first: Unsigned
    /// The longest prompt and budget together, in steps.
    var most: Unsigned
    /// All settings have been looked at.
    var isOver: Bit
    var isRefused: Bit
    // Of each stream, stream 0 lowest.
    /// Steps that take tokens of the prompt.
    var promptEnd: Unsigned
    var end: Unsigned
    /// One more than the step that decides the first generated token.
    var generatesFrom: Unsigned
    var firstIdle: Unsigned
  }

  /// Goes through the streams' settings after START, one a cycle.
  private func scanSettings(_ m: ModuleBuilder, _ given: TokenInputs, _ oneSequence: Bit) -> StreamPlan {
    let streams = configuration.streams
    let bits = indexWidth(streams)
    m.comment("The settings are stable from the cycle after the start pulse on. They are looked at one stream a cycle.")
    func candidates(_ name: String, _ all: Unsigned) -> Vector<Unsigned> {
      let candidates = m.vector(name, Unsigned.self, width: 32, count: streams)
      m.generate(name, count: streams, index: "s") { s in candidates[s].drive(all.slice(at: s * 32, width: 32)) }
      return candidates
    }
    let lengths = candidates("length_candidate", given.promptLength)
    let budgets = candidates("budget_candidate", given.tokenBudget)
    let isScanning = m.register("is_scanning", Bit.self, reset: false)
    let scanned = m.register("scanned", Unsigned.self, width: bits)
    let isLast = m.wire("scans_last", scanned == Unsigned(streams - 1, width: bits))
    m.when(given.start) {
      isScanning.next(true)
      scanned.next(0)
    }.elseWhen(isScanning) {
      scanned.next(scanned &+ 1)
      m.when(isLast) { isScanning.next(false) }
    }
    let isKnown = m.registered("setting_is_known", isScanning, reset: false)
    let isLastKnown = m.registered("last_is_known", isScanning && isLast, reset: false)
    let number = m.registered("setting_stream", scanned)
    let length = m.registered("scanned_length", lengths[scanned])
    let budget = m.registered("scanned_budget", budgets[scanned])

    m.comment("One sequence takes a position of the prompt on each stream, the newest one on the last.")
    let isLookedAt = m.wire("is_looked_at", isKnown && !(oneSequence && number != 0))
    let isUsed = m.wire("is_used", length != 0)
    let shared = m.wire("shared_steps", (length >> bits) &+ (length[bits - 1, 0] != 0).asUnsigned)
    let steps = m.wire("prompt_steps", oneSequence.select(shared, length))
    let total = m.wire("total_steps", steps + budget)
    let padding = m.wire("padding", Unsigned(0, width: bits) &- length[bits - 1, 0])
    let idleFirst = m.wire("idle_first", (Unsigned(1, width: streams) << padding) &- 1)
    let isBad = m.wire(
      "is_bad", isUsed && (length > Unsigned(configuration.promptCapacity) || budget == 0 || total[32]))

    let first = m.register("first_generated", Unsigned.self, width: 32)
    let most = m.register("most_steps", Unsigned.self, width: 32)
    let anyUsed = m.register("any_used", Bit.self)
    let anyBad = m.register("any_bad", Bit.self)
    m.when(given.start) {
      first.next(Unsigned(words: [0xFFFF_FFFF], width: 32))
      most.next(0)
      anyUsed.next(false)
      anyBad.next(false)
    }.elseWhen(isLookedAt && isUsed) {
      anyUsed.next(true)
      m.when(isBad) { anyBad.next(true) }
      m.when(steps < first) { first.next(steps) }
      m.when(total[31, 0] > most) { most.next(total[31, 0]) }
    }
    let isOver = m.registered("scan_is_over", isLastKnown, reset: false)

    let promptEnd = m.wire("prompt_end", Unsigned.self, width: 32 * streams)
    let end = m.wire("end_step", Unsigned.self, width: 32 * streams)
    let generatesFrom = m.wire("generates_from", Unsigned.self, width: 32 * streams)
    let firstIdle = m.wire("first_idle", Unsigned.self, width: streams)
    m.generate("plan", count: streams, index: "s") { s in
      let ownPromptEnd = m.register("own_prompt_end", Unsigned.self, width: 32)
      let ownEnd = m.register("own_end", Unsigned.self, width: 32)
      let ownGeneratesFrom = m.register("own_generates_from", Unsigned.self, width: 32)
      let ownFirstIdle = m.register("own_first_idle", Bit.self)
      let lastOrOwn = m.wire(
        "is_last_or_own", !oneSequence || Unsigned(s, width: bits) == Unsigned(streams - 1, width: bits))
      m.when(isLookedAt && (oneSequence || number == Unsigned(s, width: bits))) {
        ownPromptEnd.next(steps)
        m.comment("Of one sequence the last stream alone goes on after the prompt.")
        ownEnd.next(isUsed.select(lastOrOwn.select(total[31, 0] &- 1, steps), Unsigned(0, width: 32)))
        ownGeneratesFrom.next(lastOrOwn.select(steps, Unsigned(words: [0xFFFF_FFFF], width: 32)))
        ownFirstIdle.next(oneSequence && idleFirst[s])
      }
      promptEnd.slice(at: s * 32, width: 32).drive(ownPromptEnd)
      end.slice(at: s * 32, width: 32).drive(ownEnd)
      generatesFrom.slice(at: s * 32, width: 32).drive(ownGeneratesFrom)
      firstIdle[s].drive(ownFirstIdle)
    }
    return StreamPlan(
      first: first, most: most, isOver: isOver, isRefused: m.wire("is_refused", isOver && (anyBad || !anyUsed)),
      promptEnd: promptEnd, end: end, generatesFrom: generatesFrom, firstIdle: firstIdle)
  }

  /// Looks up the tokens of a step, one stream a cycle: prompt buffer, token, row address.
  private func lookUpTokens(
    _ m: ModuleBuilder, _ given: TokenInputs, _ plan: StreamPlan, _ work: StreamWork, oneSequence: Bit, feed: Bit,
    step: Unsigned
  ) -> (promptAddress: Unsigned, addresses: Unsigned, isStranger: Bit) {
    let streams = configuration.streams
    let bits = indexWidth(streams)
    let promptBits = indexWidth(configuration.promptCapacity)
    m.comment("The tokens of a step are looked up one stream a cycle.")
    let isLookingUp = m.register("is_looking_up", Bit.self, reset: false)
    let stream = m.register("looked_up", Unsigned.self, width: bits)
    m.when(feed) {
      isLookingUp.next(true)
      stream.next(0)
    }.elseWhen(isLookingUp) {
      stream.next(stream &+ 1)
      m.when(stream == Unsigned(streams - 1, width: bits)) { isLookingUp.next(false) }
    }
    let takesPrompt = m.wire("takes_prompt", Unsigned.self, width: streams)
    let takesDecided = m.wire("takes_decided", Unsigned.self, width: streams)
    let tokens = m.vector("decided_token", Unsigned.self, width: 16, count: streams)
    m.generate("source", count: streams, index: "s") { s in
      takesPrompt[s].drive(
        step < plan.promptEnd.slice(at: s * 32, width: 32) && work.end(s) != 0
          && !(step == 0 && plan.firstIdle[s]))
      takesDecided[s].drive(
        step >= plan.generatesFrom.slice(at: s * 32, width: 32) && step < work.end(s) && !work.ended[s])
      tokens[s].drive(given.tokenID.slice(at: s * 16, width: 16))
    }
    let padding = m.registered("first_padding", Unsigned(0, width: bits) &- given.promptLength[bits - 1, 0])
    let position = m.wire(
      "position",
      concatenate(step.slice(at: 0, width: promptBits), stream) &- padding.extended(to: promptBits + bits))
    let own = m.wire("own_place", concatenate(stream, step.slice(at: 0, width: promptBits)))
    let shared = m.wire(
      "shared_place", concatenate(Unsigned(0, width: bits), position.slice(at: 0, width: promptBits)))
    m.unused(position.slice(at: promptBits, width: bits))
    let promptAddress = m.wire("place", oneSequence.select(shared, own))

    let isPrompt = m.registered("token_is_prompt", takesPrompt[stream])
    let isDecided = m.registered("token_is_decided", takesDecided[stream])
    let decided = m.registered("token_decided_before", tokens[stream])
    let idle = Unsigned(0, width: 17)
    let token = m.registered(
      "token", isPrompt.select(given.promptData, isDecided.select(decided.extended(to: 17), idle)))
    let arrives = m.delayedWithReset("token_arrives", isLookingUp, by: 2)
    let isStranger = m.wire("is_stranger", given.isRunning && arrives && token >= given.vocabulary)

    let address = rowAddress(m, given, token)
    let isThere = m.delayedWithReset("address_arrives", arrives, by: 2)
    let target = m.delayed("address_stream", stream, by: 4)
    let addresses = m.wire("stream_address", Unsigned.self, width: 32 * streams)
    m.generate("address", count: streams, index: "s") { s in
      let own = m.register("own_address", Unsigned.self, width: 32)
      m.when(isThere && target == Unsigned(s, width: bits)) { own.next(address) }
      addresses.slice(at: s * 32, width: 32).drive(own)
    }
    return (promptAddress, addresses, isStranger)
  }
}
