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
