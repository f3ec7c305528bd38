import Collectives
import Glibc
import TensorCore

/// What the environment says about who started this process; MPI is not touched.
package struct Launcher: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case openMPI = "mpirun"
        case slurm = "srun"
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

    /// The launcher of this process; nil when it was started on its own, and then MPI is never initialized.
    ///
    /// - Parameter environment: the environment's variables.
    /// - Throws: ``LauncherError`` when tasks were started that could not find each other.
    package static func detect(_ environment: [String: String]) throws(LauncherError) -> Launcher? {
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }

        if let size = number("OMPI_COMM_WORLD_SIZE"), let rank = number("OMPI_COMM_WORLD_RANK") {
            return Launcher(
                kind: .openMPI, size: size, rank: rank, localRank: number("OMPI_COMM_WORLD_LOCAL_RANK"),
                localSize: number("OMPI_COMM_WORLD_LOCAL_SIZE"))
        }
        let tasks = number("SLURM_STEP_NUM_TASKS")
        if let rank = number("PMIX_RANK") {
            return Launcher(
                kind: tasks == nil ? .pmix : .slurm, size: tasks, rank: rank, localRank: number("SLURM_LOCALID"),
                localSize: nil)
        }
        // A batch script has Slurm's variables too, but no step of several tasks.
        if let tasks, tasks > 1 { throw LauncherError(tasks: tasks) }
        return nil
    }
}

/// srun started several tasks without the help that they need to find each other.
package struct LauncherError: RequestError, Equatable {
    package let tasks: Int

    package var description: String {
        "srun started \(tasks) tasks that cannot find each other; start them with srun --mpi=pmix"
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
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        let parent = "\(getppid())"
        var found: [Neighbour] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            // "PID (NAME) STATE PARENT …", where a name may hold anything.
            guard Int(name) != nil, let line = SystemFile.text("/proc/\(name)/stat"), let end = line.lastIndex(of: ")")
            else { continue }
            let fields = line[line.index(after: end)...].split(separator: " ")
            guard fields.count > 1, fields[1] == parent, let rank = rank(ofProcess: name) else { continue }
            found.append(Neighbour(rank: rank, isStopped: "TtZX".contains(fields[0])))
        }
        return found
    }

    private static func rank(ofProcess name: String) -> Int? {
        let variables = SystemFile.text("/proc/\(name)/environ")?.split(separator: "\0") ?? []
        for prefix in ["OMPI_COMM_WORLD_RANK=", "PMIX_RANK="] {
            if let variable = variables.first(where: { $0.hasPrefix(prefix) }) {
                return Int(variable.dropFirst(prefix.count))
            }
        }
        return nil
    }
}
