import Checkpoint
import Foundation
import SeededRandom
import Testing

@Suite("Ternary matrices")
struct TernaryMatrixTests {
  /// T = clamp(round_half_even(W / m), -1, 1) with m = max(mean|W|, 1e-5), as the definition has it.
  private func definition(_ weights: [Float]) -> (scale: Double, trits: [Int]) {
    let scale = max(weights.reduce(0) { $0 + Double(abs($1)) } / Double(weights.count), 1e-5)
    return (scale, weights.map { Int(max(-1, min(1, (Double($0) / scale).rounded(.toNearestOrEven)))) })
  }

  @Test("ternarised as defined, on the fixtures", arguments: Fixture.allCases)
  func fixtures(fixture: Fixture) throws {
    let checkpoint = try fixture.checkpoint()
    for module in BitLinear.all(in: checkpoint.configuration) {
      let matrix = try checkpoint.ternary(module)
      let (scale, trits) = definition(try checkpoint.vector(module.name + ".weight"))
      #expect(abs(matrix.scale - scale) <= 1e-14 * scale)
      var row = [Int8](repeating: 0, count: matrix.columns)
      var differences = 0
      for index in 0..<matrix.rows {
        matrix.unpack(row: index, into: &row)
        for column in 0..<matrix.columns {
          let expected = trits[index * matrix.columns + column]
          if Int(row[column]) != expected || matrix.trit(row: index, column: column) != expected { differences += 1 }
        }
      }
      #expect(differences == 0, "\(module)")
    }
  }

  @Test("a weight of exactly half the mean becomes 0, the next one up does not", arguments: [ElementType.f32, .f16])
  func ties(type: ElementType) throws {
    let above: Float = type == .f32 ? Float(0.5).nextUp : Float(Float16(0.5).nextUp)
    // The magnitudes add up to 8 exactly, so the mean is 1 and 0.5 lies on the boundary.
    let weights: [Float] = [0.5, -0.5, above, -above, 0, 2, -2, 3 - 2 * above]
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let path = directory.file("w.safetensors")
    let writer = try SafetensorsWriter(path: path, tensors: [.init("w", type, [1, 8])])
    try writer.append(weights)
    try writer.finish()
    let tensor = try SafetensorsFile(path: path).tensor("w")
    #expect(try tensor.floats() == weights)
    let matrix = try TernaryMatrix(tensor, rows: 1, columns: 8)
    #expect(matrix.scale == 1)
    #expect((0..<8).map { matrix.trit(row: 0, column: $0) } == [0, 0, 1, -1, 0, 1, -1, 1])
  }

  @Test("products are exact for all shapes and extreme values", arguments: [1, 2, 63, 64, 65, 127, 128, 200, 777])
  func products(columns: Int) {
    let seed = UInt64(columns) &* 77
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let rows = 7
    let trits = (0..<rows * columns).map { _ in Int8.random(in: -1...1, using: &random) }
    let matrix = TernaryMatrix(rows: rows, columns: columns, scale: 1, trits: trits)
    let vectors: [[Int8]] = [
      (0..<columns).map { _ in Int8.random(in: -128...127, using: &random) },
      Array(repeating: -128, count: columns), Array(repeating: 127, count: columns),
      Array(repeating: 0, count: columns),
    ]
    for vector in vectors {
      let expected = (0..<rows).map { row -> Int32 in
        var sum: Int32 = 0
        for column in 0..<columns { sum += Int32(trits[row * columns + column]) * Int32(vector[column]) }
        return sum
      }
      let sliced = BitSlicedVector(vector)
      #expect(matrix.multiply(sliced) == expected)
      #expect(matrix.multiply(sliced, rows: 2..<5, parallel: false) == Array(expected[2..<5]))
    }
    #expect(matrix.nonzeroCount == trits.count { $0 != 0 })
  }

  @Test("large products on several cores equal those on one")
  func parallelProducts() {
    var random = SeededGenerator(seed: 5)
    let trits = (0..<3001 * 1000).map { _ in Int8.random(in: -1...1, using: &random) }
    let matrix = TernaryMatrix(rows: 3001, columns: 1000, scale: 1, trits: trits)
    let vector = BitSlicedVector((0..<1000).map { _ in Int8.random(in: -128...127, using: &random) })
    #expect(matrix.multiply(vector) == matrix.multiply(vector, parallel: false))
  }
}
