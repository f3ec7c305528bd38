import Foundation
import Reports
import Testing

@Suite struct MachineReportTests {
    private let sound = MachineFacts(
        processorModel: "A processor", isa: "avx2", availableIsas: ["avx2", "portable", "scalar"], onlineProcessors: 8,
        allowedProcessors: 4, physicalCores: 2, quotaProcessors: nil, threads: 2, memoryBytes: 8 << 30,
        memoryLimitBytes: nil, sharedMemoryBytes: 4 << 30, sharedMemoryFreeBytes: 3 << 30,
        peakGflopPerSecondPerThread: 100, peakGflopPerSecond: 190, mpirun: "/usr/bin/mpirun",
        mpi: [
            FoundMPI(
                library: "/usr/lib/libmpi.so.40", version: "Open MPI v4.1.4", threads: "serialized", isOfPath: true)
        ],
        openblasKernels: "Haswell", swiftVersion: "6.3.1")

    private func problems(_ change: (inout MachineFacts) -> Void) -> [MachineReport.Problem] {
        var facts = sound
        change(&facts)
        return MachineReport(facts).problems
    }

    @Test("a sound machine has no problem")
    func nothing() {
        #expect(MachineReport(sound).problems.isEmpty)
        #expect(MachineReport(sound).text.hasSuffix("Nothing is missing."))
        #expect(problems { $0.quotaProcessors = 2 }.isEmpty)
        #expect(problems { $0.swiftVersion = "6.2" }.isEmpty)
        #expect(problems { $0.swiftVersion = "6.10.1" }.isEmpty)
    }

    @Test("each thing that is wrong is told once, with its fix")
    func everything() {
        let changes: [(String, (inout MachineFacts) -> Void)] = [
            ("AVX2", { ($0.isa, $0.availableIsas) = ("portable", ["portable", "scalar"]) }),
            ("forced to scalar", { $0.isa = "scalar" }),
            ("allows 0.5 processors", { $0.quotaProcessors = 0.5 }),
            ("2 threads reach 55 %", { $0.peakGflopPerSecond = 110 }),
            ("1024 MiB of memory", { $0.memoryBytes = 1 << 30 }),
            ("512 MiB of memory", { $0.memoryLimitBytes = 512 << 20 }),
            ("/dev/shm has 64 MiB", { $0.sharedMemoryBytes = 64 << 20 }),
            ("no /dev/shm", { $0.sharedMemoryBytes = nil }),
            ("mpirun is missing", { $0.mpirun = nil }),
            ("No library of /usr/bin/mpirun can be used", { $0.mpi = [] }),
            ("No library of /usr/bin/mpirun can be used", { $0.mpi[0].isOfPath = false }),
            (
                "/opt/libmpi.so.12 is no MPI for this program: it has no threads",
                { $0.mpi.append(FoundMPI(library: "/opt/libmpi.so.12", obstacle: "it has no threads")) }
            ),
            ("no OpenBLAS", { $0.openblasKernels = nil }),
            ("toolchain is 6.1.3", { $0.swiftVersion = "6.1.3" }),
            ("toolchain is 5.10", { $0.swiftVersion = "5.10" }),
            ("No Swift toolchain", { $0.swiftVersion = nil }),
        ]
        for (words, change) in changes {
            let found = problems(change)
            #expect(found.count == 1 && found[0].what.contains(words), "\(words): \(found)")
            #expect(found.allSatisfy { $0.fix.hasSuffix(".") })
        }
    }

    @Test("one thread is not compared with itself")
    func oneThread() {
        #expect(problems { ($0.threads, $0.peakGflopPerSecond) = (1, 50) }.isEmpty)
    }

    @Test("the text shows each problem with its fix")
    func text() {
        var facts = sound
        let sound = MachineReport(facts).text
        #expect(
            sound.contains(
                "\nMPI        Open MPI v4.1.4 in /usr/lib/libmpi.so.40, threads serialized, of the mpirun in PATH\n"))
        (facts.mpirun, facts.mpi) = (nil, [])
        let text = MachineReport(facts).text
        #expect(text.contains("MPI        none\n"))
        #expect(text.contains("cores      4 of 8 processors allowed, on 2 cores\n"))
        #expect(text.contains("\n\nmpirun is missing"))
        #expect(text.contains("\n    Run launch/setup, which installs Open MPI, or put the mpirun of"))
    }

    @Test("JSON is one object whose keys tell their units")
    func json() throws {
        var facts = sound
        facts.openblasKernels = nil
        let data = Data(try JSONOutput.object(MachineReport(facts)).utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["memory_bytes"] as? Int == 8 << 30)
        #expect(object["peak_gflop_per_second"] as? Double == 190)
        #expect(object["peak_gflop_per_second_per_thread"] as? Double == 100)
        #expect(object["available_isas"] as? [String] == ["avx2", "portable", "scalar"])
        #expect(object["openblas_kernels"] == nil)
        let problems = try #require(object["problems"] as? [[String: String]])
        #expect(problems.count == 1 && Set(problems[0].keys) == ["what", "fix"])
    }

    @Test("what other programs print is understood")
    func parsing() {
        #expect(MachineFacts.swiftVersion("Swift version 6.3.1 (swift-6.3.1-RELEASE)") == "6.3.1")
        #expect(MachineFacts.swiftVersion("Apple Swift version 6.2 (swiftlang-6.2)") == "6.2")
        #expect(MachineFacts.swiftVersion("command not found") == nil)
    }
}
