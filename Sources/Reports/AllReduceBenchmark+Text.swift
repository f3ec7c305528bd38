import Collectives

extension AllReduceBenchmark.Measurement {
    /// The figures for a person.
    package var text: String {
        var table = TextTable(columns: ["reduction", "bytes", "µs", "algorithmic GB/s", "bus GB/s"])
        for row in rows {
            table.add([
                row.reduction, "\(row.bytes)", Figure.fixed(row.seconds * 1e6, digits: 1),
                Figure.fixed(row.algorithmGigabytesPerSecond, digits: 3),
                Figure.fixed(row.busGigabytesPerSecond, digits: 3),
            ])
        }
        return "\(Figure.number(ranks, "rank")) on \(Figure.number(nodes, "node"))\n\n\(table.text)"
    }
}
