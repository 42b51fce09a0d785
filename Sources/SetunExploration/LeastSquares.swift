/// Linear least squares of a handful of unknowns.
package enum LeastSquares {
  /// The factors with which the columns of `rows` come nearest to `values`.
  ///
  /// Columns are scaled to a largest magnitude of 1, and a small weight holds back factors that the rows do not decide, so
  /// that fewer distinct rows than columns still give an answer.
  package static func fit(_ rows: [[Double]], _ values: [Double]) -> [Double] {
    let count = rows.first?.count ?? 0
    let scales = (0..<count).map { column in max(rows.map { abs($0[column]) }.max() ?? 0, 1) }
    let scaled = rows.map { row in zip(row, scales).map { $0 / $1 } }
    // Normal equations: (A^T A + w) x = A^T b.
    var matrix = (0..<count).map { i in
      (0..<count).map { j in scaled.reduce(0) { $0 + $1[i] * $1[j] } + (i == j ? 1e-4 : 0) }
    }
    var right = (0..<count).map { i in zip(scaled, values).reduce(0) { $0 + $1.0[i] * $1.1 } }
    for pivot in 0..<count {
      let best = (pivot..<count).max { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) } ?? pivot
      matrix.swapAt(pivot, best)
      right.swapAt(pivot, best)
      for row in pivot + 1..<max(count, pivot + 1) {
        let factor = matrix[row][pivot] / matrix[pivot][pivot]
        for column in pivot..<count { matrix[row][column] -= factor * matrix[pivot][column] }
        right[row] -= factor * right[pivot]
      }
    }
    var result = [Double](repeating: 0, count: count)
    for row in (0..<count).reversed() {
      let known = (row + 1..<max(count, row + 1)).reduce(0) { $0 + matrix[row][$1] * result[$1] }
      result[row] = (right[row] - known) / matrix[row][row]
    }
    return zip(result, scales).map { $0 / $1 }
  }
}
