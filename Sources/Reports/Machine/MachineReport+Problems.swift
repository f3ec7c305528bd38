extension MachineReport {
    /// What is wrong with a machine, the gravest first.
    package static func problems(_ facts: MachineFacts) -> [Problem] {
        computing(facts) + memory(facts) + software(facts)
    }

    private static func computing(_ facts: MachineFacts) -> [Problem] {
        var problems: [Problem] = []
        if let widest = facts.availableIsas.first, widest == "portable" || widest == "scalar" {
            problems.append(
                Problem(
                    what: "This processor shows no AVX2 with FMA, so only the slow \(widest) kernels run.",
                    fix: "In a virtual machine, pass the host's processor through; else use a newer processor."))
        } else if let widest = facts.availableIsas.first, facts.isa != widest {
            problems.append(
                Problem(
                    what: "The kernels are forced to \(facts.isa), though this machine runs \(widest).",
                    fix: "Unset MODULOR_ISA, unless all machines of a run must agree on \(facts.isa)."))
        }
        if let quota = facts.quotaProcessors, quota < Double(min(2, facts.physicalCores)) {
            problems.append(
                Problem(
                    what: "The control group allows \(quota) processors of \(facts.physicalCores).",
                    fix: "Raise the container's limit: docker run --cpus N, or resources.limits.cpu of the pod."))
        }
        let ideal = facts.peakGflopPerSecondPerThread * Double(facts.threads)
        // Clocks fall by up to a third when all cores work; what lacks beyond that, somebody else has.
        if facts.threads > 1, facts.peakGflopPerSecond < 0.6 * ideal {
            let share = Int((100 * facts.peakGflopPerSecond / ideal).rounded())
            problems.append(
                Problem(
                    what: "\(facts.threads) threads reach \(share) % of \(facts.threads) times one thread.",
                    fix: "Stop other programs that compute, or train with fewer threads: parallel.threads."))
        }
        return problems
    }

    private static func memory(_ facts: MachineFacts) -> [Problem] {
        var problems: [Problem] = []
        let memory = min(facts.memoryBytes, facts.memoryLimitBytes ?? .max)
        if memory < 2 << 30 {
            problems.append(
                Problem(
                    what: "There are \(memory >> 20) MiB of memory; training wants 2048 MiB or more.",
                    fix: "Raise the container's limit, or use a smaller training.batch, data.crop or model.width."))
        }
        // The bank of a full ResNet-50 is 90 MB, and containers come with 64.
        let shared = facts.sharedMemoryBytes ?? 0
        if shared < 256 << 20 {
            problems.append(
                Problem(
                    what: facts.sharedMemoryBytes == nil
                        ? "There is no /dev/shm, so each rank keeps a filter bank of its own."
                        : "/dev/shm has \(shared >> 20) MiB, too few for ranks to share a large filter bank.",
                    fix: "Start the container with --shm-size=1g, or mount a larger tmpfs at /dev/shm."))
        }
        return problems
    }

    private static func software(_ facts: MachineFacts) -> [Problem] {
        var problems: [Problem] = []
        if facts.mpirun == nil {
            problems.append(
                Problem(
                    what: "mpirun is missing, so training runs on this machine alone, as one process.",
                    fix: "Run launch/setup, which installs Open MPI, or put the mpirun of another MPI in PATH."))
        } else if let mpirun = facts.mpirun, !facts.mpi.contains(where: { $0.fits && $0.isOfPath }) {
            problems.append(
                Problem(
                    what: "No library of \(mpirun) can be used, so that its ranks could not find each other.",
                    fix: "Install the library beside it, or name the folder of another MPI with MODULOR_MPI."))
        }
        for found in facts.mpi where !found.fits {
            problems.append(
                Problem(
                    what: "\(found.library) is no MPI for this program: \(found.obstacle ?? "").",
                    fix: "Use Open MPI 3 to 5, MPICH or one of its relatives, or one that has libmpi_abi."))
        }
        if facts.openblasKernels == nil {
            problems.append(
                Problem(
                    what: "There is no OpenBLAS, which response initialization and --gemm openblas need.",
                    fix: "Run launch/setup, or install libopenblas0."))
        }
        if let version = facts.swiftVersion, isOld(version) {
            problems.append(
                Problem(
                    what: "The Swift toolchain is \(version); building needs 6.2 or newer.",
                    fix: "Install a newer one from https://www.swift.org/install/linux/ and put it first in PATH."))
        } else if facts.swiftVersion == nil {
            problems.append(
                Problem(
                    what: "No Swift toolchain is in PATH, so nothing can be rebuilt here.",
                    fix: "Install 6.2 or newer from https://www.swift.org/install/linux/ and put it in PATH."))
        }
        return problems
    }

    private static func isOld(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
        return numbers.lexicographicallyPrecedes([6, 2])
    }
}
