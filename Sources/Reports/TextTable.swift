/// A table for a terminal: columns as wide as their widest cell, the first aligned left, the others right.
package struct TextTable: Sendable {
    private var rows: [[String]]

    package init(columns: [String]) {
        rows = [columns]
    }

    package mutating func add(_ row: [String]) {
        precondition(row.count == rows[0].count, "a row has a cell for every column")
        rows.append(row)
    }

    /// The table with a rule under its head.
    package var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        func line(_ row: [String]) -> String {
            row.enumerated().map { index, cell in
                let space = String(repeating: " ", count: widths[index] - cell.count)
                return index == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(rows[0]), rule] + rows.dropFirst().map(line)).joined(separator: "\n")
    }
}
