import Collectives
import Glibc
import TensorCore

/// What the environment says about who started this process; MPI is not touched.
package struct Launcher: Sendable, Equatable {
    /// A launcher as users know it.
    package enum Kind: String, Sendable {
        case openMPI = "mpirun"
        /// Of MPICH and Intel MPI.
        case hydra = "mpiexec"
        case mvapich = "mpirun_rsh"
        /// HPE's, of Cray machines.
        case pals = "PALS"
        case flux = "flux"
        /// IBM's jsrun.
        case jsm = "jsrun"
        case slurm = "srun"
        case pmi = "a PMI launcher"
        case pmix = "a PMIx launcher"
    }

    package let kind: Kind
    /// Processes of the job; nil where the launcher does not say before MPI is initialized.
    package let size: Int?
    /// The launcher's number for this process; ranks may be numbered anew, node by node.
    package let rank: Int
    /// This process among those of its node, and how many these are, where the launcher says.
    package let localRank: Int?
    package let localSize: Int?

    /// Variables that launchers set: rank, size, and where they have them the local rank and size. The first whose rank and
    /// size are both there counts. Flux and PALS speak PMI too, and inside Slurm's jobs there are other launchers.
    private static let variables: [(kind: Kind, rank: String, size: String, localRank: String, localSize: String)] = [
        (
            .openMPI, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
            "OMPI_COMM_WORLD_LOCAL_SIZE"
        ),
        (.jsm, "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_LOCAL_RANK", "JSM_NAMESPACE_LOCAL_SIZE"),
        (.flux, "FLUX_TASK_RANK", "FLUX_JOB_SIZE", "FLUX_TASK_LOCAL_ID", ""),
        (.pals, "PALS_RANKID", "PMI_SIZE", "PALS_LOCAL_RANKID", "PMI_LOCAL_SIZE"),
        (
            .mvapich, "MVP_COMM_WORLD_RANK", "MVP_COMM_WORLD_SIZE", "MVP_COMM_WORLD_LOCAL_RANK",
            "MVP_COMM_WORLD_LOCAL_SIZE"
        ),
        (
            .mvapich, "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_LOCAL_RANK",
            "MV2_COMM_WORLD_LOCAL_SIZE"
        ),
    ]

    /// The launcher of this process; nil when it was started on its own, and then no MPI is opened.
    ///
    /// - Parameter environment: the environment's variables.
    /// - Throws: ``LauncherError`` when tasks were started that could not find each other.
    package static func detect(_ environment: [String: String]) throws(LauncherError) -> Launcher? {
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }

        for names in variables {
            guard let size = number(names.size), let rank = number(names.rank) else { continue }
            return Launcher(
                kind: names.kind, size: size, rank: rank, localRank: number(names.localRank),
                localSize: number(names.localSize))
        }
        if let size = number("PMI_SIZE"), let rank = number("PMI_RANK") {
            if let localRank = number("MPI_LOCALRANKID") {
                return Launcher(
                    kind: .hydra, size: size, rank: rank, localRank: localRank, localSize: number("MPI_LOCALNRANKS"))
            }
            let isSlurm = environment["SLURM_STEP_ID"] != nil || number("SLURM_STEP_NUM_TASKS") != nil
            return Launcher(
                kind: isSlurm ? .slurm : .pmi, size: size, rank: rank, localRank: number("SLURM_LOCALID"),
                localSize: nil)
        }
        let tasks = number("SLURM_STEP_NUM_TASKS")
        // Slurm's older help of PMI gives a connection and leaves the numbers to Slurm's own variables.
        if let rank = number("PMIX_RANK") ?? (environment["PMI_FD"] == nil ? nil : number("SLURM_PROCID")) {
            return Launcher(
                kind: tasks == nil ? .pmix : .slurm, size: tasks, rank: rank, localRank: number("SLURM_LOCALID"),
                localSize: nil)
        }
        // A batch script has Slurm's variables too, but no step of several tasks.
        if let tasks, tasks > 1 { throw LauncherError(tasks: tasks, rank: number("SLURM_PROCID") ?? 0) }
        return nil
    }

    /// Such as "mpirun started 4 processes".
    package var whatItStarted: String {
        "\(kind.rawValue) started \(size.map { $0 == 1 ? "1 process" : "\($0) processes" } ?? "processes")"
    }

    /// Whether this process is the one of its host that says what all of the host find out by themselves.
    package var speaks: Bool { (localRank ?? rank) == 0 }
}

/// srun started several tasks without the help that they need to find each other.
package struct LauncherError: RequestError, Equatable {
    package let tasks: Int
    /// Slurm's number of this one.
    package let rank: Int

    package var description: String {
        "srun started \(tasks) tasks that cannot find each other; start them with srun --mpi=pmix, or --mpi=pmi2 for an "
            + "MPI of MPICH's family"
    }
}

extension Launcher {
    /// Another process that the same launcher started on this host, or this one.
    private struct Neighbour {
        let rank: Int
        let isStopped: Bool
    }

    /// Seconds that ranks of other hosts have to join, beyond those that ranks of this one have: a node's prolog, or a
    /// program that a file server has not sent before, may take minutes.
    private static let joinPatience = 280

    /// Looks at the processes of this host when ranks do not join: who of them is gone or stopped. There is nothing else
    /// to ask before MPI is initialized.
    ///
    /// - Returns: nil where all ranks belong to this host and live, so that they are only slow.
    package func surveyStart() -> Watchdog.StartFinding? {
        let neighbours = Self.neighbours
        let stopped = neighbours.filter(\.isStopped).map(\.rank).sorted()
        let missing = localSize.map { $0 - neighbours.count } ?? 0
        let first = neighbours.filter { !$0.isStopped }.map(\.rank).min()
        if !stopped.isEmpty || missing > 0 {
            guard first == rank else { return Watchdog.StartFinding(sentence: nil, patience: 4) }
            let names = stopped.map { "rank \($0)" } + (missing > 0 ? ["\(missing) more that ended"] : [])
            return Watchdog.StartFinding(
                sentence: "lost \(names.joined(separator: ", ")) on \(MPIJob.host) before the first step (joining the "
                    + "job): stopped or gone; the others wait for all ranks to join; \(Watchdog.advice)",
                patience: 0)
        }
        if let size, neighbours.count >= size { return nil }
        guard rank == 0 else { return Watchdog.StartFinding(sentence: nil, patience: Self.joinPatience + 4) }
        let here = neighbours.map(\.rank).sorted().map(String.init).joined(separator: ", ")
        return Watchdog.StartFinding(
            sentence:
                "lost a rank on another host than \(MPIJob.host), whose ranks \(here) are there, before the first "
                + "step (joining the job): it is stopped, gone or out of reach; the others wait for all ranks to join; "
                + Watchdog.advice,
            patience: Self.joinPatience)
    }

    /// The children of this process's parent that are ranks.
    private static var neighbours: [Neighbour] {
        let parent = "\(getppid())"
        return SystemFile.names(in: "/proc").compactMap { number in
            guard let process = SystemFile.process(number), process.parent == parent, let rank = rank(ofProcess: number)
            else { return nil }
            return Neighbour(rank: rank, isStopped: "TtZX".contains(process.state))
        }
    }

    private static func rank(ofProcess name: String) -> Int? {
        var environment: [String: String] = [:]
        for variable in SystemFile.text("/proc/\(name)/environ")?.split(separator: "\0") ?? [] {
            let parts = variable.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { environment[String(parts[0])] = String(parts[1]) }
        }
        return try? detect(environment)?.rank
    }
}
