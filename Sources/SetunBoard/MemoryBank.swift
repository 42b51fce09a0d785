/// A part of a memory whose depth is a power of two, the only kind that block RAMs fill without waste.
public struct MemoryBank: Hashable, Sendable {
  /// Its first word in the whole memory, a multiple of its depth.
  public let start: Int
  public let depth: Int
  /// Block RAMs.
  public let blocks: Int

  /// The banks of least cost that hold `depth` words, deepest first.
  ///
  /// - Parameters:
  ///   - depth: at least 1.
  ///   - shapes: depths that a block RAM offers, powers of two, each with the blocks that one bank of that depth takes.
  public static func banks(depth: Int, shapes: [(depth: Int, blocks: Int)]) -> [MemoryBank] {
    // Per word the cheapest first; of equal ones the deepest, which needs the fewest multiplexers.
    let sorted = shapes.sorted { left, right in
      let (a, b) = (left.blocks * right.depth, right.blocks * left.depth)
      return a == b ? left.depth > right.depth : a < b
    }
    guard let best = sorted.first else { return [] }
    let whole = depth / best.depth
    let cover = Self.cover(depth % best.depth, shapes)
    var start = 0
    return (Array(repeating: best, count: whole) + cover).sorted { $0.depth > $1.depth }.map { shape in
      defer { start += shape.depth }
      return MemoryBank(start: start, depth: shape.depth, blocks: shape.blocks)
    }
  }

  /// The cheapest banks for what is left: a few at most.
  private static func cover(_ depth: Int, _ shapes: [(depth: Int, blocks: Int)]) -> [(depth: Int, blocks: Int)] {
    guard depth > 0 else { return [] }
    var cheapest: [(depth: Int, blocks: Int)]?
    func cost(_ banks: [(depth: Int, blocks: Int)]) -> Int { banks.reduce(0) { $0 + $1.blocks } }
    for shape in shapes {
      // Deeper banks first, so that each set is tried once.
      let rest = depth <= shape.depth ? [] : cover(depth - shape.depth, shapes.filter { $0.depth <= shape.depth })
      let candidate = [shape] + rest
      if cheapest.map({ cost(candidate) < cost($0) }) ?? true { cheapest = candidate }
    }
    return cheapest ?? []
  }
}
