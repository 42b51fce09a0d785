import HardwareDescription

/// A pipeline that balances its own delays around an instance.
struct ScaledSum: FixedLatencyModule {
  var moduleName: String { "scaled_sum" }
  var latency: Int { 6 }

  func build(_ m: ModuleBuilder) {
    let valid = m.input("valid", Bit.self)
    let lane = m.inputVector("lane", Signed.self, width: 8, count: 4)
    let scale = m.input("scale", Signed.self, width: 6)
    let flag = m.input("flag", Bit.self)

    let p = m.pipeline("scale", valid: valid)
    let tree = m.instance("u_tree", DotTree(lanes: 4))
    tree.input("lane").drive(lane)
    let total = p.input(tree.output("total", Signed.self), stage: 1)
    let product = (total * p.input(scale)).registered("product")
    let squared = p.combine(product, p.input(scale)) { $0 + $1 }.registered("shifted").registered("again")
    let biased = p.combine(squared, p.input(scale), p.input(flag)) { $2.select($0 + $1, $0 &- 1) }
      .registered("biased").registered("biased_late")
    m.output("valid", p.valid(at: p.latency))
    m.output("total", biased.value)
  }
}
