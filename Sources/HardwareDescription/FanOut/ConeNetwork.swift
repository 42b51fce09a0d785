/// The sums of a module: how many operands meet in each net between registers.
struct ConeNetwork {
  /// A bound that only a loop reaches.
  private static let limit: Int32 = 1 << 16

  private let list: NetList
  private let links: [NetListBuilder.Link]
  private let ports: [(isInput: Bool, nets: Range<Int32>)]
  /// Operands added in what a net depends on; 0 where there is no adder.
  private var terms: [Int32]
  private var widest: (operands: Int32, location: Int32) = (0, 0)

  init(_ builder: NetListBuilder) {
    list = builder.list
    links = builder.links
    ports = builder.module.ports.map { port in
      let first = builder.first[port.signal.number]
      return (port.direction == .input, first..<first + Int32(port.width))
    }
    terms = Array(repeating: 0, count: builder.list.loads.count)
  }

  /// Of each module the widest, over all its instances.
  static func widest(_ networks: inout [ConeNetwork], _ design: Design) -> [FanOutReport.Cone] {
    // Sums may go in and out of instances; each round carries them one boundary further.
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for index in networks.indices {
        for link in networks[index].links {
          for (port, nets) in link.outputs {
            let value = networks[link.module].most(networks[link.module].ports[port].nets)
            for net in nets where networks[index].raise(net, value) { hasChanged = true }
          }
        }
        if networks[index].settle() { hasChanged = true }
        for link in networks[index].links {
          for (port, literals) in link.inputs {
            let value = networks[index].most(literals)
            for net in networks[link.module].ports[port].nets where networks[link.module].raise(net, value) {
              hasChanged = true
            }
          }
        }
      }
    }
    return zip(networks, design.modules).map { network, module in
      FanOutReport.Cone(
        operands: Int(network.widest.operands), path: module.path,
        location: network.list.locations[Int(network.widest.location)])
    }.filter { $0.operands > 0 }.sorted { ($1.operands, $0.path) < ($0.operands, $1.path) }
  }

  private func most(_ nets: Range<Int32>) -> Int32 { nets.reduce(0) { max($0, terms[Int(list.root(2 * $1) >> 1)]) } }

  private func most(_ literals: some Sequence<NetList.Literal>) -> Int32 {
    literals.reduce(0) { max($0, terms[Int(list.root($1) >> 1)]) }
  }

  /// The operands of one side of an adder: at least itself, unless it is constant.
  private func operands(_ literals: ArraySlice<NetList.Literal>) -> Int32 {
    literals.allSatisfy { list.root($0) <= NetList.one } ? 0 : max(1, most(literals))
  }

  private mutating func raise(_ net: Int32, _ value: Int32) -> Bool {
    let driver = Int(list.root(2 * net) >> 1)
    guard value > terms[driver], driver != 0 else { return false }
    terms[driver] = min(value, Self.limit)
    return terms[driver] == value
  }

  /// Works out every net; whether anything changed.
  private mutating func settle() -> Bool {
    var hasChanged = false
    var isOpen = true
    while isOpen {
      isOpen = false
      for step in list.coneSteps {
        let all = list.coneOperands[step.operands]
        let value: Int32
        switch step.kind {
        case .passed: value = most(all)
        case .sum: value = operands(all[..<step.second]) + operands(all[step.second...])
        case .product:
          let bits = min(Set(all[..<step.second].map(list.root)).count, Set(all[step.second...].map(list.root)).count)
          value = max(Int32(bits), operands(all[..<step.second]) + operands(all[step.second...]))
        }
        if step.kind != .passed, value > widest.operands { widest = (value, step.location) }
        if value == 0 { continue }
        for net in step.results where raise(net, value) { isOpen = true }
      }
      hasChanged = hasChanged || isOpen
    }
    return hasChanged
  }
}
