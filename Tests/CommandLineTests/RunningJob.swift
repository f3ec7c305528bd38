import Foundation

/// A job of ranks that goes on while a test does something to it, and ends with its owner at the latest.
final class RunningJob {
    private let process: ChildProcess
    private let folder: URL
    /// Marks the processes of this job.
    private let mark: String
    static let markName = "MODULOR_TEST_JOB"

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// - Parameters:
    ///   - script: in the repository, such as launch/mpirun.
    ///   - folder: where what the job says is kept.
    init(_ script: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
        let identity = UUID().uuidString
        mark = "\(Self.markName)=\(identity)"
        self.folder = folder.appendingPathComponent("said-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        process = try ChildProcess(
            Self.root.appendingPathComponent(script), arguments,
            environment: ["MODULOR_PROGRAM": Program.location.path, Self.markName: identity]
                .merging(environment) { $1 },
            output: (self.folder.appendingPathComponent("output"), self.folder.appendingPathComponent("errors")))
    }

    deinit { end() }

    var output: String { text("output") }
    var errors: String { text("errors") }
    /// What was said of failures, line by line.
    var complaints: [Substring] { errors.split(separator: "\n") }

    /// Waits until `isTrue`, for at most so many seconds and while the job runs; whether it came true.
    func wait(seconds: Double = 120, until isTrue: () -> Bool) -> Bool {
        let end = Date() + seconds
        while Date() < end {
            if isTrue() { return true }
            if process.status != nil { return isTrue() }
            usleep(5_000)
        }
        return false
    }

    /// The job's status; nil where it does not end in time, after which it is ended.
    func status(within seconds: Int = 300) -> Int32? {
        if let status = process.status(within: seconds) { return status }
        end()
        return nil
    }

    /// Ends what still runs of the job: first the script, which might start ranks again.
    private func end() {
        process.signal(SIGKILL)
        _ = process.status(within: 5)
        let end = Date() + 5
        while Date() < end {
            let rest = Self.processes(marked: mark)
            guard !rest.isEmpty else { return }
            for (process, _) in rest { kill(process, SIGKILL) }
            usleep(20_000)
        }
    }

    func signal(_ number: Int32, toGroup: Bool = false) { process.signal(number, toGroup: toGroup) }

    /// The process that a launch script has started to start ranks.
    func mpirun() -> pid_t? {
        let names: Set = ["orterun", "mpirun", "prterun", "mpiexec", "mpiexec.hydra"]
        let children = FileManager.default.contents(
            atPath: "/proc/\(process.identifier)/task/\(process.identifier)/children")
        return String(decoding: children ?? Data(), as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }.first
        {
            let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/exe")
            return program.map { names.contains(URL(fileURLWithPath: $0).lastPathComponent) } ?? false
        }
    }

    /// The processes of the job's ranks by the launcher's number, on whatever test host of this machine.
    func ranks() -> [Int: pid_t] { Self.ranks(marked: mark) }

    /// The processes of ranks whose environment has the variable "NAME=VALUE".
    static func ranks(marked mark: String) -> [Int: pid_t] {
        var ranks: [Int: pid_t] = [:]
        for (process, variables) in processes(marked: mark) {
            guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe"),
                program.hasSuffix("/modulor")
            else { continue }
            for name in ["PMIX_RANK=", "PMI_RANK="] {
                guard let rank = variables.first(where: { $0.hasPrefix(name) }) else { continue }
                ranks[Int(rank.dropFirst(name.count))!] = process
            }
        }
        return ranks
    }

    /// The processes whose environment has the variable "NAME=VALUE", each with all of its variables.
    private static func processes(marked mark: String) -> [(process: pid_t, variables: [Substring])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name -> (process: pid_t, variables: [Substring])? in
            guard let process = pid_t(name), let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ")
            else { return nil }
            let variables = String(decoding: bytes, as: UTF8.self).split(separator: "\0")
            return variables.contains(Substring(mark)) ? (process, variables) : nil
        }
    }

    private func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data(), as: UTF8.self)
    }
}

/// What tests of jobs train: small, with everything in it that takes time.
enum SmallRun {
    static func configuration(
        in folder: URL, iterations: Int, validateEvery: Int = 4, checkpointEvery: Int = 3
    ) throws -> String {
        let path = folder.appendingPathComponent("run.yaml").path
        try """
        model: {width: 4, method: rcm, aspp: 8, low: 4}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}}
        data: {crop: [41, 48], workers: 1, rooms: {train: 14, validation: 5, size: [40, 48]}}
        training: {iterations: \(iterations), batch: 12, learning_rate: 0.01, validate_every: \(validateEvery), \
        checkpoint_every: \(checkpointEvery)}
        parallel: {threads: 1}
        output: {log_every: 1}

        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The model's and the last checkpoint's files.
    static func files(_ run: URL) throws -> [String: Data] {
        let checkpoints = run.appendingPathComponent("checkpoints").path
        let last = try FileManager.default.contentsOfDirectory(atPath: checkpoints).max() ?? ""
        var files: [String: Data] = [:]
        for folder in ["model", "model/tasks", "checkpoints/\(last)"] {
            let path = run.appendingPathComponent(folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: path.path) where name.contains(".") {
                files["\(folder)/\(name)"] = try Data(contentsOf: path.appendingPathComponent(name))
            }
        }
        return files
    }

    /// The last step of the log; 0 before the first.
    static func step(_ log: Substring) -> Int {
        log.ranges(of: "step ").last.flatMap { Int(log[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
    }
}
