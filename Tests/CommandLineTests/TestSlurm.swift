import Foundation

/// A Slurm of one node, this machine, that lives as long as the object.
final class TestSlurm {
    private let folder: URL
    private var daemons: [ChildProcess] = []
    /// What the last command that failed said.
    private(set) var failure = ""
    /// What Slurm's commands need to know.
    let environment: [String: String]

    /// Why there can be none here; nil where there can.
    static let obstacle: String? = {
        guard getuid() == 0 else { return "only root can run slurmd" }
        let missing = ["slurmctld", "slurmd", "sbatch", "srun", "scontrol"].filter { path($0) == nil }
        return missing.isEmpty ? nil : "\(missing.joined(separator: ", ")) missing: install slurm-wlm"
    }()

    private static func path(_ program: String) -> URL? {
        let folders =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/sbin", "/usr/bin"]
        return folders.map { URL(fileURLWithPath: "\($0)/\(program)") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }

    private struct NoPort: Error {
        let code: Int32
    }

    /// Ports that nobody listens on. The system gives each only once while the sockets of all are open.
    private static func freePorts(_ count: Int) throws -> [Int] {
        let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { for socket in sockets where socket >= 0 { close(socket) } }
        return try sockets.map { socket in
            // Port 0 of any address asks for a free one.
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
                }
            }
            guard isBound else { throw NoPort(code: errno) }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    /// - Parameter folder: for all of Slurm's files.
    init(in folder: URL) throws {
        self.folder = folder
        var name = ProcessInfo.processInfo.hostName
        if let dot = name.firstIndex(of: ".") { name = String(name[..<dot]) }
        let ports = try Self.freePorts(2)
        let configuration = folder.appendingPathComponent("slurm.conf")
        environment = [
            "SLURM_CONF": configuration.path, "MODULOR_PROGRAM": Program.location.path,
            RunningJob.markName: UUID().uuidString,
            // Containers forbid what Open MPI would try.
            "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
        ]
        for part in ["state", "spool", "tmp"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
        }
        try """
        ClusterName=test
        SlurmctldHost=\(name)(127.0.0.1)
        SlurmUser=root
        SlurmdUser=root
        AuthType=auth/none
        CredType=cred/none
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        SlurmctldPort=\(ports[0])
        SlurmdPort=\(ports[1])
        StateSaveLocation=\(folder.path)/state
        SlurmdSpoolDir=\(folder.path)/spool
        TmpFS=\(folder.path)/tmp
        SlurmctldPidFile=\(folder.path)/slurmctld.pid
        SlurmdPidFile=\(folder.path)/slurmd.pid
        SlurmctldLogFile=\(folder.path)/slurmctld.log
        SlurmdLogFile=\(folder.path)/slurmd.log
        SlurmdParameters=config_overrides
        SelectType=select/cons_tres
        SelectTypeParameters=CR_CPU
        ReturnToService=2
        NodeName=\(name) CPUs=2 NodeAddr=127.0.0.1 State=UNKNOWN
        PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP

        """.write(to: configuration, atomically: true, encoding: .utf8)
        for daemon in ["slurmctld", "slurmd"] {
            daemons.append(try ChildProcess(Self.path(daemon)!, ["-D"], environment: environment))
        }
    }

    deinit {
        for daemon in daemons.reversed() {
            daemon.signal(SIGTERM)
            if daemon.status(within: 10) == nil { daemon.signal(SIGKILL) }
        }
    }

    /// Runs a command of Slurm's and gives what it says; nil where it fails.
    func command(_ program: String, _ arguments: String...) throws -> String? {
        let outcome = try Program.run(arguments, environment: environment, executable: Self.path(program)!)
        if outcome.status != 0 { failure = outcome.errors }
        return outcome.status == 0 ? outcome.output.trimmingCharacters(in: .whitespacesAndNewlines) : nil
    }

    /// Waits until `isTrue`, for at most two minutes; whether it came true.
    func wait(until isTrue: () throws -> Bool) rethrows -> Bool {
        let end = Date() + 120
        while Date() < end {
            if try isTrue() { return true }
            usleep(100_000)
        }
        return false
    }

    /// A field of a job, such as JobState.
    func field(_ name: String, of job: String) throws -> String? {
        try command("scontrol", "--oneliner", "show", "job", job)?.split(separator: " ")
            .first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// Lets a job that queues again start at once, when all of its last start is gone.
    func start(_ job: String) throws {
        let spool = folder.appendingPathComponent("spool").path
        _ = try wait { try !FileManager.default.contentsOfDirectory(atPath: spool).contains { $0.contains(".pmix.") } }
        // Asked until it runs: while the last end of the job is being cleared away, Slurm refuses.
        _ = try wait {
            _ = try command("scontrol", "update", "JobId=\(job)", "StartTime=now")
            return try field("JobState", of: job) == "RUNNING"
        }
    }

    /// The processes of all jobs' ranks, by rank.
    func ranks() -> [Int: pid_t] {
        RunningJob.ranks(marked: "\(RunningJob.markName)=\(environment[RunningJob.markName]!)")
    }
}
