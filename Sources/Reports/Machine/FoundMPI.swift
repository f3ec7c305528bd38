import Foundation
import MPICollectives
import TensorCore

/// An MPI library of a machine, and whether ranks can use it.
package struct FoundMPI: Codable, Sendable, Equatable {
    /// Its path.
    package var library: String
    /// Such as "Open MPI v4.1.4".
    package var version: String?
    /// How threads may call it: single, funneled, serialized (which ranks need) or multiple.
    package var threads: String?
    /// Why it cannot be used.
    package var obstacle: String?
    /// Whether it is installed where the mpirun in PATH is.
    package var isOfPath = false

    package init(
        library: String, version: String? = nil, threads: String? = nil, obstacle: String? = nil, isOfPath: Bool = false
    ) {
        (self.library, self.version, self.threads) = (library, version, threads)
        (self.obstacle, self.isOfPath) = (obstacle, isOfPath)
    }

    package var fits: Bool { obstacle == nil }

    var text: String {
        "\(version ?? "of no told version") in \(library)" + (threads.map { ", threads \($0)" } ?? "")
            + (isOfPath ? ", of the mpirun in PATH" : "") + (fits ? "" : ", cannot be used")
    }

    /// Looks at a library in this process, which can open no other afterwards.
    package init(examining library: String) {
        self.init(library: library)
        do {
            try MPILibrary.open(library)
            (self.library, version) = (MPILibrary.path, MPILibrary.version)
            threads = MPILibrary.threadLevel()
            if threads == nil || threads == "single" || threads == "funneled" {
                obstacle = "it does not let threads call it, one at a time"
            }
        } catch {
            obstacle = "\(error)"
        }
    }

    /// Seconds that a library has to start.
    private static let patience = 5.0

    /// Finds the machine's libraries: those of MODULOR_MPI, of every mpirun in PATH, of the loader, and of the folders that
    /// MODULOR_MPI_HOMES names, parted by colons.
    static func survey(_ environment: [String: String]) -> [FoundMPI] {
        let names = MPILibrary.Interface.allCases.flatMap(\.names)
        let programs = MPILibrary.programs(environment)
        let homes =
            ["MODULOR_MPI", "MODULOR_MPI_HOMES"].compactMap { environment[$0] }
            .flatMap { $0.split(separator: ":").map(String.init) } + programs
        let places = homes.map(MPILibrary.prefix).flatMap { MPILibrary.libraries(names, under: $0) }
        var found: [FoundMPI] = []
        for candidate in places + names {
            // One library may have several names; what the loader does not find, is not there.
            let path = URL(fileURLWithPath: candidate).resolvingSymlinksInPath().path
            guard !candidate.contains("/") || !found.contains(where: { $0.library == path }),
                var examined = examine(candidate)
            else { continue }
            examined.library = URL(fileURLWithPath: examined.library).resolvingSymlinksInPath().path
            guard candidate.contains("/") || examined.fits, !found.contains(where: { $0.library == examined.library })
            else { continue }
            let folder = programs.first.map(MPILibrary.prefix) ?? ""
            examined.isOfPath = folder != "" && examined.library.hasPrefix(folder + "/")
            found.append(examined)
        }
        return found.filter(\.isOfPath) + found.filter { !$0.isOfPath }
    }

    /// Lets a process of its own look at a library, since a process can open one only; nil where that tells nothing.
    private static func examine(_ library: String) -> FoundMPI? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["doctor", "--mpi-library", library]
        // A process alone needs no daemon, and root may be it.
        let variables = [
            "OMPI_MCA_ess_singleton_isolated", "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
        ]
        process.environment = ProcessInfo.processInfo.environment
            .merging(variables.map { ($0, "1") }) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        guard (try? process.run()) != nil else { return nil }
        if ended.wait(timeout: .now() + patience) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            return FoundMPI(library: library, obstacle: "it does not start within \(Int(patience)) s")
        }
        guard let output = try? pipe.fileHandleForReading.readToEnd() else { return nil }
        return try? JSONDecoder().decode(FoundMPI.self, from: output)
    }
}
