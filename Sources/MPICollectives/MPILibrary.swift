import CCollectives
import Glibc
import TensorCore

/// The MPI library that a process opens, which is the one of its launcher. Once per process.
package enum MPILibrary {
    /// A binary interface, by the names of libraries that have it.
    package enum Interface: CaseIterable, Sendable {
        /// Open MPI, and IBM's Spectrum MPI after it.
        case openMPI
        /// MPICH, Intel MPI, Cray MPICH, MVAPICH, ParaStation MPI.
        case mpich
        /// The standard's, since MPI 5.0.
        case standard

        package var names: [String] {
            switch self {
            case .openMPI: ["libmpi.so.40", "libmpi_ibm.so.3"]
            case .mpich: ["libmpi.so.12", "libmpich.so.12", "libmpi_gnu.so.12", "libmpi_gnu_123.so.12"]
            case .standard: ["libmpi_abi.so.1", "libmpi_abi.so.0"]
            }
        }
    }

    /// Opens the library that fits a launcher.
    ///
    /// Looked for, in this order: in the folder that MODULOR_MPI names, and then nowhere else; beside the launcher, whose
    /// process is an ancestor of this one; in the folders that CRAY_MPICH_DIR, I_MPI_ROOT, MPI_HOME and MPI_ROOT name;
    /// where the loader looks (LD_LIBRARY_PATH); beside the mpirun or mpiexec in PATH.
    package static func open(
        for launcher: Launcher, _ environment: [String: String]
    ) throws(MPILibraryError) {
        let names = launcher.kind.interfaces.flatMap(\.names)
        var refusals: [String] = []
        for candidate in candidates(names, environment) {
            do throws(MPILibraryError) {
                return try open(candidate)
            } catch {
                // What is not where it was looked for needs no words.
                if candidate.contains("/") { refusals.append(error.description) }
            }
        }
        throw MPILibraryError(missing: names, refusals, environment["MODULOR_MPI"], launcher)
    }

    /// Opens a library by its path, or by a name that the loader knows.
    package static func open(_ library: String) throws(MPILibraryError) {
        // A library looks for others beside itself, and not beside a link to it.
        let resolved = library.contains("/") ? realpath(library, nil) : nil
        defer { free(resolved) }
        let path = resolved.map { String(cString: $0) } ?? library
        var status: Int32 = 0
        let text = MPIError.text { status = mdl_mpi_open(path, $0, $1) }
        guard status == 0 else { throw MPILibraryError(description: "\(library) cannot be used: \(text)") }
    }

    /// The path of the library that was opened.
    package static var path: String { MPIError.text { mdl_mpi_path($0, $1) } }

    /// The name and version of the library that was opened, such as "Open MPI v4.1.4".
    package static var version: String { shortened(MPIError.text { _ = mdl_mpi_version($0, $1) }) }

    /// How threads may call the library that was opened: MPI is started, for this process alone.
    package static func threadLevel() -> String? {
        var level: Int32 = -1
        _ = mdl_mpi_initialize(&level)
        let names = ["single", "funneled", "serialized", "multiple"]
        return names.indices.contains(Int(level)) ? names[Int(level)] : nil
    }

    /// Of what libraries say of themselves, which goes on about their making, the name and the number.
    package static func shortened(_ version: String) -> String {
        let start = version.prefix { $0 != "," }.split(separator: " ").prefix { $0 != "Release" && $0 != "for" }
        // "MPICH Version: 5.0.2 MPICH Release date: …"
        let words = start.filter { !["Version", "Version:", ":"].contains($0) }
        guard words.count > 2, words.last == words.first else { return words.joined(separator: " ") }
        return words.dropLast().joined(separator: " ")
    }

    // MARK: Places

    /// Libraries to try, by path, and by name where the loader is to look.
    private static func candidates(_ names: [String], _ environment: [String: String]) -> [String] {
        if let named = environment["MODULOR_MPI"] { return libraries(names, under: prefix(of: named)) }
        let given = ["CRAY_MPICH_DIR", "I_MPI_ROOT", "MPI_HOME", "MPI_ROOT"].compactMap { environment[$0] }
        return (ancestors + given).flatMap { libraries(names, under: $0) } + names
            + programs(environment).flatMap { libraries(names, under: prefix(of: $0)) }
    }

    /// Libraries of some names that are there in a folder where an MPI is installed.
    package static func libraries(_ names: [String], under prefix: String) -> [String] {
        ["lib", "lib64", "lib/release", "lib-abi-mpich", "lib/\(machine)-linux-gnu"].flatMap { folder in
            names.map { "\(prefix)/\(folder)/\($0)" }.filter { access($0, R_OK) == 0 }
        }
    }

    /// The mpirun and mpiexec in PATH.
    package static func programs(_ environment: [String: String]) -> [String] {
        (environment["PATH"] ?? "").split(separator: ":").flatMap { folder in
            ["mpirun", "mpiexec"].map { "\(folder)/\($0)" }.filter { access($0, X_OK) == 0 }
        }
    }

    /// The folder that an MPI is installed in, by itself or by a program of it (PREFIX/bin/mpirun).
    package static func prefix(of place: String) -> String {
        guard let path = realpath(place, nil) else { return place }
        defer { free(path) }
        let parts = String(cString: path).split(separator: "/")
        guard parts.count > 2, parts[parts.count - 2] == "bin" else { return String(cString: path) }
        return "/" + parts.dropLast(2).joined(separator: "/")
    }

    /// The folders where the programs that this process descends from are installed, the nearest first; what belongs to
    /// the system the loader finds.
    private static var ancestors: [String] {
        var folders: [String] = []
        var process = "\(getppid())"
        for _ in 0..<8 where process != "1" && process != "0" {
            if let program = realpath("/proc/\(process)/exe", nil) {
                let folder = prefix(of: String(cString: program))
                free(program)
                if folder != "/usr", !folders.contains(folder) { folders.append(folder) }
            }
            guard let parent = SystemFile.process(process)?.parent else { break }
            process = parent
        }
        return folders
    }

    private static var machine: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Launcher.Kind {
    /// The interfaces that MPIs of this launcher may have, the likeliest first.
    fileprivate var interfaces: [MPILibrary.Interface] {
        switch self {
        case .openMPI, .jsm: [.openMPI]
        case .hydra, .mvapich, .pals, .pmi: [.mpich, .standard]
        case .flux, .slurm, .pmix: MPILibrary.Interface.allCases
        }
    }
}

/// There is no MPI that this process could join its job with.
package struct MPILibraryError: RequestError {
    package let description: String

    init(description: String) { self.description = description }

    fileprivate init(missing names: [String], _ refusals: [String], _ folder: String?, _ launcher: Launcher) {
        let found =
            refusals.first ?? "none of \(names.joined(separator: ", ")) is \(folder.map { "under \($0)" } ?? "there")"
        let advice =
            folder == nil
            ? "install it, or name the folder it is installed in with MODULOR_MPI; modulor doctor lists those there are"
            : "MODULOR_MPI names the folder that the launcher's own MPI is installed in"
        description = "\(launcher.whatItStarted) on \(MPIJob.host), and its MPI is not found: \(found); \(advice)"
    }

    init(unfit version: String, at path: String, seeing size: Int, _ launcher: Launcher) {
        description =
            "\(launcher.whatItStarted), of which \(version) (\(path)) sees \(size): it is not that launcher's MPI; "
            + "MODULOR_MPI names the folder that the launcher's own is installed in"
    }
}
