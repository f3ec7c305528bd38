import Foundation

/// An MPI that tests run jobs under: the one in PATH, and those that MODULOR_MPI_HOMES names.
package struct InstalledMPI: Sendable {
    /// The folder it is installed in; nil for the one in PATH.
    package let folder: String?

    package init(folder: String?) { self.folder = folder }

    /// The mpirun in PATH.
    package static let ofPath = InstalledMPI(folder: nil)

    /// Folders of MPIs, parted by colons.
    package static let others = (ProcessInfo.processInfo.environment["MODULOR_MPI_HOMES"] ?? "").split(separator: ":")
        .map { InstalledMPI(folder: String($0)) }

    package static let all = [ofPath] + others

    /// Whether there is an mpirun in PATH.
    package static let isThere = ForeignProgram(["mpirun"]) != nil

    /// What launch/mpirun is told.
    package var options: [String] { folder.map { ["--mpi", $0] } ?? [] }

    /// The program that starts ranks.
    package var launcher: ForeignProgram? {
        guard let folder else { return ForeignProgram(["mpirun"]) }
        // Intel's mpirun is a script that looks for this one in PATH.
        return ForeignProgram(["\(folder)/bin/mpiexec.hydra", "\(folder)/bin/mpirun"])
    }
}
