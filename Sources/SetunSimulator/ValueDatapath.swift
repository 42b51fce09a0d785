import SetunMachine
import TernaryArithmetic

/// A datapath whose values are machine floats: what the hardware computes, without its time.
struct ValueDatapath: FloatDatapath, Sendable {
  let format: FloatFormat

  @inline(__always) var one: SmallFloat { format.one }
  @inline(__always) func multiply(_ a: SmallFloat, _ b: SmallFloat, _ name: StaticString) -> SmallFloat {
    format.multiply(a, b)
  }
  @inline(__always) func add(_ a: SmallFloat, _ b: SmallFloat, _ name: StaticString) -> SmallFloat { format.add(a, b) }
  @inline(__always) func subtract(_ a: SmallFloat, _ b: SmallFloat, _ name: StaticString) -> SmallFloat {
    format.subtract(a, b)
  }
  @inline(__always) func sigmoidPair(_ a: SmallFloat, _ name: StaticString) -> (
    positive: SmallFloat, negative: SmallFloat
  ) {
    format.sigmoidPair(a)
  }
  @inline(__always) func sigmoid(_ a: SmallFloat, _ name: StaticString) -> SmallFloat { format.sigmoid(a) }
}
