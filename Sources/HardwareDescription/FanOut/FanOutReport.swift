/// The nets of a design with the most loads, and its widest sums.
///
/// A net is one bit that a flip-flop, a memory or an operator drives, followed through names, slices, ports and inverters across
/// the hierarchy, with generate loops unrolled. Counted as one load each: the data input of a flip-flop; its enable, or the
/// selection in front of it; each bit that an operator works out from the bit (of sums, comparisons and reductions: each operand
/// bit); a top-level output. A selection of one word of many has the loads of its multiplexers, of four words to a LUT, and a
/// table of constants one for every 64 entries of a bit. A bit of a multiplier's operand has one for every 17 bits of the other
/// operand. An address of a memory has one for each block RAM of 36 bits and 1,024 words; of memories in LUTs one for each LUT
/// (64 bits of a column, or 32 of two) that reads, and one for every eight that write.
///
/// Equal operators of equal operands in one module count as one, and so do registers that always take the same value, as a
/// synthesis tool merges them; copies made by `registeredCopies` stay apart. Clocks and resets are not
/// counted: they have networks of their own.
public struct FanOutReport: Sendable {
  /// The nets of one signal; the one with the most loads stands for them.
  public struct Net: Sendable {
    public let loads: Int
    /// How many bits of the signal are nets with as many loads.
    public let bits: Int
    /// Of the module that drives it, and the signal there, loops included; of an operator without a name, its line.
    public let path: String
    public let location: SourceLocation
    /// The line with the most loads, and how many it has.
    public let largest: (loads: Int, location: SourceLocation)
  }

  /// Operands that are added between two registers.
  public struct Cone: Hashable, Sendable {
    public let operands: Int
    public let path: String
    public let location: SourceLocation
  }

  /// Most loads first.
  public let nets: [Net]
  /// Of each module the widest sum, widest first: the operands of adders whose results meet before a register. A product counts
  /// the bits of its shorter operand, as that many partial products are added.
  public let cones: [Cone]

  /// - Parameter kept: how many signals to keep.
  public init(_ design: Design, kept: Int = 100) {
    var summaries: [NetSummary] = []
    var lists: [ConeNetwork] = []
    var found: [Net] = []
    for module in design.modules {
      var builder = NetListBuilder(module, design, summaries)
      builder.build()
      let summary = NetSummary(builder, isTop: module.name == design.topName)
      found += summary.inner
      summaries.append(summary)
      lists.append(ConeNetwork(builder))
    }
    nets = Array(found.sorted { ($1.loads, $0.path) < ($0.loads, $1.path) }.prefix(kept))
    cones = ConeNetwork.widest(&lists, design)
  }
}

/// What a module's users must know of its nets.
struct NetSummary {
  enum Source {
    case constant(NetList.Literal)
    /// Port, bit, and 1 when inverted.
    case input(Int, Int, inverted: Int32)
    /// A place in `nets`.
    case net(Int32, inverted: Int32)
  }

  struct Port {
    /// Of an input, by bit.
    var loads: [NetList.Load] = []
    /// Of an output, by bit.
    var sources: [Source] = []
  }

  var ports: [Port] = []
  /// The nets that leave through outputs.
  var nets: [(load: NetList.Load, origin: NetList.Origin)] = []
  var locations: [SourceLocation]
  /// Those that end here.
  var inner: [FanOutReport.Net] = []

  init(_ builder: NetListBuilder, isTop: Bool) {
    var list = builder.list
    let module = builder.module
    if isTop {
      for port in module.ports where port.direction == .output {
        list.move(to: module[port.signal].location)
        let first = builder.first[port.signal.number]
        for bit in 0..<Int32(port.width) { list.load(2 * (first + bit)) }
      }
    }
    locations = list.locations
    var outer: Set<Int32> = []
    var inputs: [Int32: (port: Int, bit: Int)] = [:]
    for (number, port) in module.ports.enumerated() where port.direction == .input {
      for bit in 0..<port.width { inputs[builder.first[port.signal.number] + Int32(bit)] = (number, bit) }
    }
    var places: [Int32: Int32] = [:]
    for port in module.ports {
      let first = builder.first[port.signal.number]
      var entry = Port()
      for net in first..<first + Int32(port.width) {
        if port.direction == .input {
          entry.loads.append(list.loads[Int(net)])
          if !isTop { outer.insert(net) }
          continue
        }
        let root = list.root(2 * net)
        let driver = root >> 1
        if driver == 0 {
          entry.sources.append(.constant(root))
        } else if let input = inputs[driver] {
          entry.sources.append(.input(input.port, input.bit, inverted: root & 1))
        } else {
          if !isTop { outer.insert(driver) }
          let place = places[driver] ?? Int32(nets.count)
          if places[driver] == nil {
            places[driver] = place
            nets.append((list.loads[Int(driver)], list.origin(of: driver)))
          }
          entry.sources.append(.net(place, inverted: root & 1))
        }
      }
      ports.append(entry)
    }
    inner = Self.inner(list, outer)
  }

  /// One entry for each signal, the widest ones.
  private static func inner(_ list: NetList, _ outer: Set<Int32>) -> [FanOutReport.Net] {
    var widest: [String: (net: Int, bits: Int)] = [:]
    for net in list.loads.indices.dropFirst() {
      let load = list.loads[net]
      // Below this nothing is worth a name.
      guard load.count >= 16, !outer.contains(Int32(net)) else { continue }
      let origin = list.origin(of: Int32(net))
      let name = Self.name(origin)
      guard let known = widest[name] else {
        widest[name] = (net, 1)
        continue
      }
      let most = list.loads[known.net].count
      if load.count > most {
        widest[name] = (net, 1)
      } else if load.count == most {
        widest[name]?.bits += 1
      }
    }
    return widest.map { name, entry in
      let load = list.loads[entry.net]
      let origin = list.origin(of: Int32(entry.net))
      let place = load.location < 0 ? origin.location : list.locations[Int(load.location)]
      return FanOutReport.Net(
        loads: Int(load.count), bits: entry.bits, path: name, location: origin.location,
        largest: (Int(load.largest), place))
    }
  }

  private static func name(_ origin: NetList.Origin) -> String {
    origin.signal.isEmpty ? "\(origin.path) (\(origin.location))" : "\(origin.path).\(origin.signal)"
  }
}

extension FanOutReport {
  /// The most loads a net of an emitted core may have.
  public static let loadLimit = 256
  /// The most operands an emitted core may add between two registers.
  public static let operandLimit = 128
}
