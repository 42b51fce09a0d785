/// The interpreter: runs instructions on a flat state. The only definition of what an operation does; constants are
/// folded with it, too.
struct Machine {
  let state: UnsafeMutablePointer<UInt64>
  let code: UnsafePointer<Instruction>
  /// Positions in the state, for `pick`.
  let tables: UnsafePointer<UInt32>
  let memories: UnsafePointer<MemoryLayout>

  @inline(__always)
  private func each(_ run: Run, _ action: (Instruction) -> UInt64) {
    var next = code + Int(run.start)
    let end = code + Int(run.end)
    while next < end {
      let instruction = next.pointee
      state[Int(instruction.destination)] = action(instruction)
      next += 1
    }
  }

  @inline(__always)
  private func two(_ run: Run, _ action: (UInt64, UInt64) -> UInt64) {
    each(run) { action(state[Int($0.a)], state[Int($0.b)]) }
  }

  func execute(_ run: Run) {
    switch run.operation {
    case .constant, .leaf: break
    case .copy: each(run) { state[Int($0.a)] }
    case .and: two(run) { $0 & $1 }
    case .or: two(run) { $0 | $1 }
    case .xor: two(run) { $0 ^ $1 }
    case .add: two(run) { $0 &+ $1 }
    case .subtract: two(run) { $0 &- $1 }
    case .multiply: two(run) { $0 &* $1 }
    case .multiplyHigh: two(run) { $0.multipliedFullWidth(by: $1).high }
    case .bits: each(run) { (state[Int($0.a)] &>> UInt64($0.b)) & (UInt64.max &>> UInt64(64 &- $0.c)) }
    case .signedBits:
      each(run) {
        let top = state[Int($0.a)] &<< UInt64(64 &- $0.b &- $0.c)
        return UInt64(bitPattern: Int64(bitPattern: top) &>> Int64(64 &- $0.c))
      }
    case .shiftLeft: each(run) { state[Int($0.a)] &<< UInt64($0.c) }
    case .join: each(run) { state[Int($0.a)] | (state[Int($0.b)] &<< UInt64($0.c)) }
    case .equal: two(run) { $0 == $1 ? 1 : 0 }
    case .notEqual: two(run) { $0 != $1 ? 1 : 0 }
    case .less: two(run) { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: two(run) { $0 <= $1 ? 1 : 0 }
    case .signedLess: two(run) { Int64(bitPattern: $0) < Int64(bitPattern: $1) ? 1 : 0 }
    case .signedLessOrEqual: two(run) { Int64(bitPattern: $0) <= Int64(bitPattern: $1) ? 1 : 0 }
    case .select:
      each(run) {
        // Both are read first, so that no branch is needed.
        let (yes, no) = (state[Int($0.b)], state[Int($0.c)])
        return state[Int($0.a)] != 0 ? yes : no
      }
    case .parity: each(run) { UInt64(state[Int($0.a)].nonzeroBitCount & 1) }
    case .shiftLeftBy: two(run) { $1 < 64 ? $0 &<< $1 : 0 }
    case .shiftRightBy: two(run) { $1 < 64 ? $0 &>> $1 : 0 }
    case .signedShiftRightBy:
      two(run) { UInt64(bitPattern: Int64(bitPattern: $0) &>> Int64(bitPattern: min($1, 63))) }
    case .funnel:
      each(run) {
        let amount = state[Int($0.c)]
        return (state[Int($0.a)] >> amount) | (state[Int($0.b)] << (64 &- amount))
      }
    case .pick:
      each(run) { state[Int(tables[Int($0.b) &+ Int(truncatingIfNeeded: min(state[Int($0.a)], UInt64($0.c)))])] }
    case .load:
      each(run) {
        let memory = memories[Int($0.b)]
        let address = state[Int($0.a)]
        guard address < UInt64(memory.depth) else { return 0 }
        return state[memory.base &+ Int(address) &* memory.stride &+ Int($0.c)]
      }
    }
  }
}
