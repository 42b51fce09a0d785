import SetunMachine

/// Where the parts of a core lie on an AMD device of several dies (super logic regions).
struct Floorplan {
  /// The dies of everything that is no channel and no stream.
  var centre: [Int]
  /// The die of each channel, channel 0 first.
  var channels: [Int]
  /// The dies of all streams.
  var streams: [Int]
  /// Why it is so, for people.
  var reason: [String]

  /// The parts for which the named configurations of AMD boards are packaged.
  static let amdParts = [
    "kv260": "xck26-sfvc784-2LV-c", "u250": "xcu250-figd2104-2L-e", "u250x4": "xcu250-figd2104-2L-e",
    "u280": "xcu280-fsvh2892-2L-e",
  ]

  /// By name of the configuration. A device of one die needs none.
  static let known: [String: Floorplan] = [
    "u250": Floorplan(
      centre: [1], channels: [1, 0, 2, 3], streams: [1],
      reason: [
        "Each of the four dies has a DDR4 channel of its own. Channel 0 lies with the sequencer, which reads the program from",
        "it, in the second die; the others take the die of the memory that they read: 0, 2 and 3.",
      ]),
    "u250x4": Floorplan(
      centre: [1], channels: [1, 0, 2, 3], streams: [1, 2],
      reason: [
        "Each of the four dies has a DDR4 channel of its own. Channel 0 lies with the sequencer, which reads the program from",
        "it, in the second die; the others take the die of the memory that they read: 0, 2 and 3. Four streams are too much",
        "for one die beside a channel, so they may spread over the two in the middle.",
      ]),
    "u280": Floorplan(
      centre: [1],
      channels: [1] + [Int](repeating: 0, count: 11) + [Int](repeating: 1, count: 9)
        + [Int](repeating: 2, count: 11), streams: [1],
      reason: [
        "All pseudo channels of the HBM2 end in the first die, and 32 channels fill all three. The read masters of channels in",
        "the other two dies need register slices between them and the memory.",
      ]),
  ]

  /// The constraints, in which the core's own path is to be filled in.
  func text(_ instances: CoreInstances, _ configuration: Configuration) -> String {
    var lines = [
      "# Floorplan of the core, configuration `\(configuration.name)`. \(ConstraintFile.caution)",
      "# Regions are soft: a hint for placement, not a fence.",
    ]
    lines += reason.map { "# \($0)" }
    lines += [
      "#", "# The path of setun_core in the design, with a slash at its end; empty where it is the top.",
      "set core \"\"",
    ]
    lines += region("centre", centre, instances.centre)
    for die in Set(channels).sorted() {
      let paths = zip(channels, instances.channels).filter { $0.0 == die }.map(\.1)
      lines += region("channels_\(die)", [die], paths)
    }
    lines += region("streams", streams, instances.streams)
    return lines.joined(separator: "\n") + "\n"
  }

  private func region(_ name: String, _ dies: [Int], _ paths: [String]) -> [String] {
    let block = "setun_\(name)"
    var lines = ["", "create_pblock \(block)"]
    for die in dies { lines.append("resize_pblock [get_pblocks \(block)] -add {SLR\(die)}") }
    lines.append("set_property IS_SOFT TRUE [get_pblocks \(block)]")
    for path in paths {
      let escaped = path.map { "[]".contains($0) ? "\\\($0)" : String($0) }.joined()
      lines.append("add_cells_to_pblock [get_pblocks \(block)] [get_cells \"${core}\(escaped)\"]")
    }
    return lines
  }
}
