import Foundation
import Training

extension Verdict {
    /// Whether the case passes, and how far every group strays, for a person.
    package func text(name: String, seconds: Double) -> String {
        func scientific(_ value: Double) -> String { String(format: "%.2e", value) }
        var table = TextTable(columns: ["strays by", "ours", "PyTorch", "allowed", "verdict"])
        for row in rows {
            table.add([
                "\(row.group) \(row.measure)", scientific(row.ours), scientific(row.pytorch), scientific(row.allowed),
                row.passes ? "passes" : "FAILS",
            ])
        }
        return "\(name): \(passes ? "passes" : "FAILS") (\(Figure.duration(seconds)))\n\n\(table.text)\n"
    }
}
