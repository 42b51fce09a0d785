/// Which of many designs no other one beats.
public enum ParetoFront {
  /// The indices of the designs to which no other is as good in both respects and better in one, in their own order. A
  /// lower cost and a higher value are better; equal designs do not beat each other.
  public static func indices(_ designs: [(cost: Double, value: Double)]) -> [Int] {
    // From the cheapest on; at equal cost the best first.
    let order = designs.indices.sorted {
      (designs[$0].cost, -designs[$0].value) < (designs[$1].cost, -designs[$1].value)
    }
    var front: [Int] = []
    var best: (cost: Double, value: Double)?
    for index in order {
      let design = designs[index]
      if let best, design.value < best.value || (design.value == best.value && design.cost > best.cost) { continue }
      best = design
      front.append(index)
    }
    return front.sorted()
  }
}
