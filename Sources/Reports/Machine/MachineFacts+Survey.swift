import ConvolutionEngine
import Foundation
import MPICollectives
import TensorCore

extension MachineFacts {
    /// Looks at this machine; takes about a second, most of it for the measured peaks.
    package static func survey(kernels: Kernels) -> MachineFacts {
        let processors = Processors.available()
        let shared = fileSystem("/dev/shm")
        let environment = ProcessInfo.processInfo.environment
        return MachineFacts(
            processorModel: SystemFile.text("/proc/cpuinfo").flatMap(Processors.model),
            isa: kernels.instructionSet.rawValue,
            availableIsas: InstructionSet.availableNames,
            onlineProcessors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            allowedProcessors: processors.allowed.count,
            physicalCores: processors.cores.count,
            quotaProcessors: processors.quota,
            threads: processors.threads,
            memoryBytes: Int(ProcessInfo.processInfo.physicalMemory),
            memoryLimitBytes: ControlGroup().memoryLimit,
            sharedMemoryBytes: shared?.size,
            sharedMemoryFreeBytes: shared?.free,
            // Pools that are not pinned leave this thread's affinity as it was.
            peakGflopPerSecondPerThread: MeasuredPeak(kernels: kernels, pool: ThreadPool(threads: 1)).gflopPerSecond,
            peakGflopPerSecond: MeasuredPeak(kernels: kernels, pool: ThreadPool(threads: processors.threads))
                .gflopPerSecond,
            mpirun: MPILibrary.programs(environment).first,
            mpi: FoundMPI.survey(environment),
            openblasKernels: kernelsOfOpenBLAS(),
            swiftVersion: firstLine(of: ["swift", "--version"]).flatMap(swiftVersion))
    }

    /// The number in what `swift --version` prints first, such as 6.3.1.
    package static func swiftVersion(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "version"), index > 0, words[index - 1] == "Swift",
            index + 1 < words.count
        else { return nil }
        return String(words[index + 1])
    }

    /// The kernels that OpenBLAS picks, opened as for products of matrices; nil where it cannot be opened.
    private static func kernelsOfOpenBLAS() -> String? {
        let products = MatrixProducts.openblas
        guard (try? products.load()) != nil else { return nil }
        // Such as "openblas Haswell".
        return products.identity.split(separator: " ").last.map(String.init)
    }

    /// Bytes in a file system, and those that are free; nil where there is none.
    private static func fileSystem(_ path: String) -> (size: Int, free: Int)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = Int(status.f_frsize)
        return (Int(status.f_blocks) * block, Int(status.f_bavail) * block)
    }

    /// The first line that a program prints; nil where it is not in PATH or fails.
    private static func firstLine(of command: [String]) -> String? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let output = try? pipe.fileHandleForReading.readToEnd()
        process.waitUntilExit()
        guard process.terminationStatus == 0, let output else { return nil }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
