import Foundation

/// What a machine has, what is wrong with it, and how to mend that.
package struct MachineReport: Encodable, Sendable {
    package let facts: MachineFacts
    package let problems: [Problem]

    /// Something that is missing or in the way.
    package struct Problem: Encodable, Sendable, Equatable {
        package let what: String
        package let fix: String
    }

    package init(_ facts: MachineFacts) {
        self.facts = facts
        problems = MachineReport.problems(facts)
    }

    /// The facts and `problems` as one object.
    package func encode(to encoder: Encoder) throws {
        try facts.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(problems, forKey: .problems)
    }

    private enum Key: CodingKey { case problems }

    /// Lines to read: the facts, then each problem with its fix.
    package var text: String {
        let labels = facts.lines.map(\.label.count).max() ?? 0
        let lines = facts.lines.map { line in
            line.label.padding(toLength: labels + 2, withPad: " ", startingAt: 0) + line.value
        }
        let findings = problems.map { "\($0.what)\n    \($0.fix)" }
        return (lines + [""] + (findings.isEmpty ? ["Nothing is missing."] : findings)).joined(separator: "\n")
    }
}

extension MachineFacts {
    fileprivate var lines: [(label: String, value: String)] {
        let others = availableIsas.filter { $0 != isa }.joined(separator: ", ")
        let cores = "\(allowedProcessors) of \(onlineProcessors) processors allowed, on \(physicalCores) cores"
        let quota = quotaProcessors.map { String(format: ", with a quota of %.2f", $0) } ?? ""
        let limit = memoryLimitBytes.map { ", limited to " + gibibytes($0) } ?? ""
        let shared = sharedMemoryBytes.map { size in
            gibibytes(size) + (sharedMemoryFreeBytes.map { ", \(gibibytes($0)) free" } ?? "")
        }
        let openblas = openblasKernels.map { "kernels for \($0)" }
        let peak = String(
            format: "%.0f GFLOP/s on one thread, %.0f on \(threads) (measured)", peakGflopPerSecondPerThread,
            peakGflopPerSecond)
        return [
            ("processor", processorModel ?? "of no told model"),
            ("kernels", isa + (others.isEmpty ? "" : "; also \(others)")),
            ("cores", cores + quota),
            ("threads", "\(threads)"),
            ("peak", peak),
            ("memory", gibibytes(memoryBytes) + limit),
            ("/dev/shm", shared ?? "none"),
        ] + (mpi.isEmpty ? [("MPI", "none")] : mpi.map { ("MPI", $0.text) }) + [
            ("OpenBLAS", openblas ?? "none"),
            ("Swift", swiftVersion ?? "none"),
        ]
    }

    private func gibibytes(_ bytes: Int) -> String {
        String(format: "%.1f GiB", Double(bytes) / 0x1p30)
    }
}
