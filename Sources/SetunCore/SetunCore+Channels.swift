import HardwareDescription
import SetunMachine

/// The weight channels as one: what all of them get, and what each of them gives, channel 0 lowest.
extension CoreBuilder {
  /// Name and width of what a channel gives to the core.
  private var results: [(name: String, width: Int)] {
    [
      ("memory_error", 1), ("header_ok", 1), ("header_error_format", 1), ("header_error_hash", 1),
      ("header_error_crc", 1), ("body_beats", 32), ("body_beats_with_head", 32), ("embedding_offset", 32),
      ("embedding_beats", 16), ("vocabulary", 17), ("epsilon", 9 + c.fractionBits), ("axi_arvalid", 1),
      ("axi_araddr", 40), ("axi_arid", 2), ("axi_arlen", 8), ("axi_arsize", 3), ("axi_arburst", 2), ("axi_rready", 1),
      ("embedding_taken", 1), ("drained", 1), ("embedding_beat", 1), ("embedding_data", c.beatBits), ("beat_valid", 1),
      ("instruction", InstructionSet.wordBits), ("operand", c.beatBits), ("bad_trit", 1), ("sums_valid", 1),
      ("sums_final", 1), ("sum", 5 * c.streams * c.sumBits),
    ] + (c.streams > 1 ? [("embedding_stream", indexWidth(c.streams))] : [])
  }

  /// What the headers of all channels have in common.
  private static let sharedFields = ["embedding_offset", "embedding_beats", "vocabulary", "epsilon"]

  /// The core's inputs that belong to a channel each, and their width.
  static func channelInputs(_ c: Configuration) -> [(name: String, width: Int)] {
    [
      ("axi_arready", 1), ("axi_rvalid", 1), ("axi_rdata", c.beatBits), ("axi_rid", 2), ("axi_rresp", 2),
      ("axi_rlast", 1),
    ]
  }

  /// What the channels give under a name, side by side.
  func channels(_ name: String) -> Unsigned { channelResults[name] ?? Unsigned(0) }

  /// What channel 0 gives under a name.
  func channel0(_ name: String) -> Unsigned {
    let all = channels(name)
    return c.channels == 1 ? all : all.slice(at: 0, width: all.width / c.channels)
  }

  /// Some channel says so.
  func anyChannel(_ name: String) -> Bit {
    c.channels == 1 ? channels(name)[0] : m.wire("any_\(name)", channels(name).reducedOr)
  }

  /// All channels say so.
  func allChannels(_ name: String) -> Bit {
    c.channels == 1 ? channels(name)[0] : m.wire("all_\(name)", channels(name).reducedAnd)
  }

  /// All channels have said so since the last time that they all had: 1 together with the last of them.
  private func lastChannel(_ name: String) -> Bit {
    let now = channels(name)
    guard c.channels > 1 else { return now[0] }
    let seen = m.register("\(name)_seen", Unsigned.self, width: c.channels, reset: 0)
    let all = m.wire("\(name)_all", (seen | now).reducedAnd)
    seen.next(seen | now)
    m.when(all || word(run, "channel_clear")[0]) { seen.next(0) }
    return all
  }

  /// Declares what the channels give, before anything is connected to it.
  func declareChannels() {
    guard c.channels > 1 else {
      let channel = m.instance(
        "u_channel", WeightChannel(configuration: c, isCentral: c.channelRegisters > 0),
        comment: "From the read master to the row sums.")
      for result in results {
        channelResults[result.name] =
          result.width == 1 ? channel.output(result.name, Bit.self).asUnsigned : word(channel, result.name)
      }
      single = channel
      return
    }
    m.comment("What the channels give, channel 0 lowest.")
    for result in results {
      channelResults[result.name] = m.wire(
        "channels_\(result.name)", Unsigned.self, width: c.channels * result.width)
    }
  }

  /// Connects the channels, and what they tell together.
  func buildChannels() {
    if c.channels > 1 {
      m.comment("A header is good, or a row of embeddings requested, when that is so on every channel.")
    }
    run.connect("embedding_taken", lastChannel("embedding_taken"))
    let headersOK = lastChannel("header_ok")
    var isWrong = anyChannel("header_error_format")
    if c.channels > 1 {
      m.comment(
        "Every header must say the same of what is asked of the first one only. They are there long before the last is good."
      )
      let agrees = m.wire("headers_agree", Unsigned.self, width: c.channels - 1)
      m.generate("header", count: m.constant("OtherChannels", c.channels - 1)) { k in
        let same = Self.sharedFields.map { name in
          let width = channels(name).width / c.channels
          return channels(name).slice(at: (k + 1) * width, width: width) == channel0(name)
        }
        agrees[k].drive(m.registered("header_agrees", same.dropFirst().reduce(same[0]) { $0 && $1 }))
      }
      let isOne = m.wire("headers_are_of_one_image", agrees.reducedAnd)
      run.connect("header_ok", headersOK && isOne)
      isWrong = isWrong || headersOK && !isOne
    } else {
      run.connect("header_ok", headersOK)
    }
    run.connect("header_error_format", isWrong)
    if let single {
      connect(single)
      single.connect("clear", word(run, "channel_clear").asBit)
      single.connect("image_base", word(registers, "image_base"))
      single.connect("pop", bit(sequencer, "pop"))
      single.connect("weight_valid", bit(sequencer, "weight_valid"))
      for (name, width) in Self.channelInputs(c) {
        if width == 1 { single.connect(name, input(name)) } else { single.connect(name, inputWord(name)) }
      }
      return
    }
    guard c.channelRegisters > 0 else {
      m.generate("channel", count: m.constant("Channels", c.channels)) { k in
        connect(m.instance("u_channel", WeightChannel(configuration: c)), k)
      }
      return ignoreCopies()
    }
    m.comment("The program is read from channel 0, which therefore lies here; the others may lie far away.")
    connect(
      m.instance("u_central_channel", WeightChannel(configuration: c, isCentral: true)), 0)
    m.generate("channel", count: m.constant("OtherChannels", c.channels - 1)) { k in
      connect(m.instance("u_channel", WeightChannel(configuration: c)), k + 1)
    }
    ignoreCopies()
  }

  /// Connects the channel `k`.
  private func connect(_ channel: InstanceHandle, _ k: Index) {
    connect(channel)
    channel.connect("clear", word(run, "channel_clear")[k])
    let number = Unsigned(k, width: indexWidth(c.channels))
    channel.connect("channel", number)
    m.comment("The channel's part of the image.")
    let base = word(registers, "image_base") &+ (word(registers, "channel_stride") * number).resized(to: 40)
    channel.connect("image_base", m.registered(k == Index(0) ? "central_base" : "channel_base", base))
    channel.connect("pop", word(sequencer, "pop")[k])
    channel.connect("weight_valid", word(sequencer, "weight_valid")[k])
    for (name, width) in Self.channelInputs(c) {
      if width == 1 {
        channel.connect(name, inputWord(name)[k])
      } else {
        channel.connect(name, inputWord(name).slice(at: k * width, width: width))
      }
    }
    for (name, width) in results {
      if width == 1 {
        channels(name)[k].drive(bit(channel, name))
      } else {
        channels(name).slice(at: k * width, width: width).drive(word(channel, name))
      }
    }
  }

  /// What every channel gives and is taken from channel 0.
  private func ignoreCopies() {
    for name in ["instruction", "sums_final"] {
      let all = channels(name)
      let width = all.width / c.channels
      m.unused(all.slice(at: width, width: all.width - width))
    }
  }

  /// What is the same for all channels.
  private func connect(_ channel: InstanceHandle) {
    for port in ["begin", "embedding_valid"] { channel.connect(port, bit(run, port)) }
    channel.connect("halt", bit(run, "channel_halt"))
    channel.connect("start", c.streams == 1 ? bit(registers, "start") : bit(run, "channel_start"))
    for port in ["positions", "first_head_position", "embedding_address"] { channel.connect(port, word(run, port)) }
    for port in ["weight_first", "weight_last", "weight_final"] { channel.connect(port, bit(sequencer, port)) }
    channel.connect("activation", streams("activation"))
  }
}
