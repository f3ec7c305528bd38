import Inference

extension InferenceMeasurement {
    /// The figures for a person.
    package var text: String {
        var table = TextTable(columns: ["merged inference", ""])
        table.add(["milliseconds per image", Self.milliseconds(secondsPerImage)])
        for row in rows where rows.count > 1 { table.add(["  " + row.task, Self.milliseconds(row.seconds)]) }
        table.add(["GFLOP per image", Figure.fixed(Double(flopPerImage) / 1e9, digits: 1)])
        table.add(["GFLOP per second", Figure.fixed(gflopPerSecond, digits: 1)])
        table.add(["measured peak", Figure.fixed(peakGflopPerSecond, digits: 1)])
        table.add(["peak resident", ByteText.of(peakResidentBytes)])
        table.add(["arena", ByteText.of(arenaBytes)])
        table.add(["image", "\(height) x \(width)"])
        table.add(["threads", "\(threads)"])
        table.add(["instruction set", isa])
        table.add(["rounds", "\(rounds)"])
        return table.text
    }

    private static func milliseconds(_ seconds: Double) -> String { Figure.fixed(seconds * 1e3, digits: 2) }
}
