import Training

extension StepMeasurement {
    /// The figures for a person; where the time was profiled, with what takes most of it.
    package var text: String {
        var table = TextTable(columns: ["training step", ""])
        table.add(["seconds per step", Figure.fixed(secondsPerStep, digits: 4)])
        table.add(["images per second", Figure.fixed(imagesPerSecond, digits: 2)])
        table.add(["GFLOP per step", Figure.fixed(Double(flopPerStep) / 1e9, digits: 1)])
        table.add(["GFLOP per second", Figure.fixed(gflopPerSecond, digits: 1)])
        table.add(["measured peak", Figure.fixed(peakGflopPerSecond, digits: 1)])
        table.add(["share of peak", Self.percent(shareOfPeak)])
        table.add(["peak resident", ByteText.of(peakResidentBytes)])
        table.add(["arena", ByteText.of(arenaBytes)])
        table.add(["threads", "\(threads)"])
        table.add(["instruction set", isa])
        table.add(["batch", "\(batch)"])
        table.add(["rounds", "\(rounds)"])
        if ranks > 1 { table.add(["ranks", "\(ranks)"]) }
        if let shares {
            table.add(["computing ms", Figure.fixed(shares.computingSeconds * 1e3, digits: 1)])
            table.add([
                "exposed communication ms", Figure.fixed(shares.exposedCommunicationSeconds * 1e3, digits: 1),
            ])
            table.add([
                "batch-norm synchronization ms",
                Figure.fixed(shares.batchNormSynchronizationSeconds * 1e3, digits: 1),
            ])
        }
        if let traffic {
            table.add(["bytes sent per step", Figure.fixed(traffic.bytesSentPerStep, digits: 0)])
        }
        guard let rows else { return table.text }
        return [table.text, Self.kinds(rows), Self.layers(rows)].joined(separator: "\n\n")
    }

    /// Sums over all nodes that do the same.
    private static func kinds(_ rows: [StepProfile.Row]) -> String {
        let groups = Dictionary(grouping: rows) { [$0.kind, $0.pass].filter { !$0.isEmpty }.joined(separator: ", ") }
        let sums = groups.map { name, rows in
            (
                name: name, nodes: rows.count, seconds: rows.reduce(0) { $0 + $1.seconds },
                share: rows.reduce(0) { $0 + $1.shareOfStep }, flop: rows.reduce(0) { $0 + $1.flop }
            )
        }.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
        var table = TextTable(columns: ["by kind", "nodes", "ms", "share", "GFLOP/s"])
        for sum in sums {
            table.add([
                sum.name, "\(sum.nodes)", Figure.fixed(sum.seconds * 1e3, digits: 2), percent(sum.share),
                sum.flop > 0 ? Figure.fixed(Double(sum.flop) / sum.seconds / 1e9, digits: 1) : "",
            ])
        }
        return table.text
    }

    private static func layers(_ rows: [StepProfile.Row]) -> String {
        var table = TextTable(columns: ["longest", "kind", "pass", "output", "ms", "share", "GFLOP/s"])
        for row in rows.prefix(25) {
            table.add([
                row.node.isEmpty ? "-" : row.node, row.kind, row.pass,
                row.shape.map(String.init).joined(separator: "x"), Figure.fixed(row.seconds * 1e3, digits: 2),
                percent(row.shareOfStep), row.flop > 0 ? Figure.fixed(row.gflopPerSecond, digits: 1) : "",
            ])
        }
        return table.text
    }

    private static func percent(_ share: Double) -> String { Figure.fixed(100 * share, digits: 1) + " %" }
}
