import Foundation
import Inference

extension InferenceMeasurement {
    /// The figures for a person.
    package var text: String {
        var table = TextTable(columns: ["merged inference", ""])
        table.add(["milliseconds per image", Self.milliseconds(secondsPerImage)])
        for row in rows where rows.count > 1 { table.add(["  " + row.task, Self.milliseconds(row.seconds)]) }
        table.add(["GFLOP per image", String(format: "%.1f", Double(flopPerImage) / 1e9)])
        table.add(["GFLOP per second", String(format: "%.1f", gflopPerSecond)])
        table.add(["measured peak", String(format: "%.1f", peakGflopPerSecond)])
        table.add(["peak resident MiB", "\(peakResidentBytes >> 20)"])
        table.add(["arena MiB", "\(arenaBytes >> 20)"])
        table.add(["image", "\(height) x \(width)"])
        table.add(["threads", "\(threads)"])
        table.add(["instruction set", isa])
        table.add(["rounds", "\(rounds)"])
        return table.text
    }

    private static func milliseconds(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1e3) }
}
