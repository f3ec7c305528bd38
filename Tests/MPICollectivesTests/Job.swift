import Foundation

/// A job of probes, started as a child with a time limit: a test inside a job would hang when one rank fails.
struct Job {
    let status: Int32
    /// What every rank wrote; nil where it wrote nothing.
    let texts: [String?]
    let errors: String

    /// Whether this machine can run jobs.
    static var isPossible: Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/mpirun")
            || (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/mpirun")
            }
    }

    /// - Parameter ranks: nil runs the probe on its own, without a launcher.
    init(_ scenario: String, ranks: Int?, ranksPerNode: Int? = nil) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("modulor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        // The program of the tests lies beside the probe, or is a tool that was given their library.
        let candidates = [URL(fileURLWithPath: executable)] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        let probe = candidates.map { $0.deletingLastPathComponent().appendingPathComponent("CollectivesProbe").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }!
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        var arguments = ["--kill-after=10", "60"]
        if let ranks {
            arguments += [root.appendingPathComponent("launch/mpirun").path, "-n", "\(ranks)"]
        } else {
            arguments += [probe]
        }
        arguments += [folder.path, scenario]
        if let ranksPerNode { arguments += ["\(ranksPerNode)"] }
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["MODULOR_PROGRAM": probe]) { $1 }
        let errorFile = folder.appendingPathComponent("errors")
        try Data().write(to: errorFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        texts = (0..<(ranks ?? 1)).map { rank in
            try? String(contentsOf: folder.appendingPathComponent("\(rank).txt"), encoding: .utf8)
        }
        errors = (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
    }
}
