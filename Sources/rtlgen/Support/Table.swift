/// Columns of text; numbers are aligned to the right.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let columns = rows[0].count
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let isNumber = (0..<columns).map { column in
      rows.dropFirst().allSatisfy { row in row[column].allSatisfy { $0.isNumber || ".,%-".contains($0) } }
    }
    return rows.map { row in
      let cells = (0..<columns).map { column in
        let gap = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumber[column] ? gap + row[column] : row[column] + gap
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }
}
