import Foundation
import ProgramTesting

/// A job of probes, started as a child with a time limit: a test inside a job would hang when one rank fails.
struct Job {
    let status: Int32
    /// What every rank wrote; nil where it wrote nothing.
    let texts: [String?]
    let errors: String

    /// Whether this machine can run jobs.
    static var isPossible: Bool { InstalledMPI.isThere }

    /// - Parameters:
    ///   - ranks: nil runs the probe on its own, without a launcher.
    ///   - mpi: under which of ``InstalledMPI/all``.
    init(
        _ scenario: String, ranks: Int?, ranksPerNode: Int? = nil, under mpi: InstalledMPI = .ofPath
    ) throws {
        let folder = try TemporaryFolder()
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        // The program of the tests lies beside the probe, or is a tool that was given their library.
        let candidates = [URL(fileURLWithPath: executable)] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        let probe = candidates.map { $0.deletingLastPathComponent().appendingPathComponent("CollectivesProbe").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }!
        let errorFile = URL(fileURLWithPath: folder("errors"))
        let scenario = [folder.path, scenario] + (ranksPerNode.map { ["\($0)"] } ?? [])
        if let ranks {
            status = try Job.launch(
                ["-n", "\(ranks)"] + mpi.options + scenario, program: probe, errors: errorFile)
        } else {
            status = try Job.run([probe] + scenario, errors: errorFile)
        }
        texts = (0..<(ranks ?? 1)).map { rank in
            try? String(contentsOfFile: folder("\(rank).txt"), encoding: .utf8)
        }
        errors = (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
        withExtendedLifetime(folder) {}
    }

    /// Runs launch/mpirun with a program in place of modulor; gives its status.
    static func launch(_ arguments: [String], program: String, errors: URL) throws -> Int32 {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = root.appendingPathComponent("launch/mpirun").path
        return try run([script] + arguments, errors: errors, environment: ["MODULOR_PROGRAM": program])
    }

    /// Runs a command for at most a minute.
    private static func run(_ command: [String], errors: URL, environment: [String: String] = [:]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=10", "60"] + command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
