import Foundation

func exponential(_ value: Double) -> Double { exp(value) }
func logarithm(_ value: Double) -> Double { log(value) }

/// 1 / (1 + exp(-x)).
@inline(__always)
func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

/// x * sigmoid(x).
@inline(__always)
func silu(_ x: Float) -> Float { x * sigmoid(x) }

/// RMSNorm(x; w, e) = x / sqrt(mean(x^2) + e) * w, the mean in Float64 and everything else in Float32.
func rmsNorm(_ x: [Float], weight: [Float], epsilon: Float) -> [Float] {
  precondition(x.count == weight.count)
  var lanes = SIMD4<Double>.zero
  var index = 0
  while index + 4 <= x.count {
    let value = SIMD4(Double(x[index]), Double(x[index + 1]), Double(x[index + 2]), Double(x[index + 3]))
    lanes += value * value
    index += 4
  }
  var sum = lanes.sum()
  while index < x.count {
    sum += Double(x[index]) * Double(x[index])
    index += 1
  }
  let inverse = 1 / (Float(sum / Double(x.count)) + epsilon).squareRoot()
  var result = x
  for index in 0..<x.count { result[index] = x[index] * inverse * weight[index] }
  return result
}

/// Activations as 8-bit integers: x is approximated by q / scale.
struct QuantisedVector {
  let elements: [Int8]
  let scale: Float

  /// s = 127 / max(max|x|, 1e-5); q = x * s rounded half away from zero and clamped to -128 ... 127.
  init(_ x: [Float]) {
    var largest: Float = 0
    for value in x { largest = max(largest, abs(value)) }
    let scale = 127 / max(largest, 1e-5)
    self.scale = scale
    elements = x.map { Int8(max(-128, min(127, ($0 * scale).rounded(.toNearestOrAwayFromZero)))) }
  }
}
