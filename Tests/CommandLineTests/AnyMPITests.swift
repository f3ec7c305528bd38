import Foundation
import ProgramTesting
import Testing

/// One program under every MPI of this machine: the one in PATH, and those that MODULOR_MPI_HOMES names.
@Suite(.serialized, .enabled(if: InstalledMPI.isThere, "there is no mpirun here")) struct AnyMPITests {
    @Test(arguments: InstalledMPI.all) func filesAreThoseOfOneProcess(mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 6)
            func run(_ name: String) -> URL { folder.appendingPathComponent(name) }
            try Program.succeed("train", configuration, "--output", run("alone").path)
            let expected = try SmallRun.files(run("alone"))
            for ranks in 1...4 {
                let outcome = try Program.run(
                    ranks: ranks, under: mpi, ["train", configuration, "--output", run("\(ranks)").path])
                #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
                let isSame = try SmallRun.files(run("\(ranks)")) == expected
                #expect(isSame, "\(ranks) ranks")
            }
        }
    }

    @Test(.enabled(if: !InstalledMPI.others.isEmpty, "MODULOR_MPI_HOMES names no MPI beside the one in PATH"))
    func aRunGoesOnUnderAnotherMPI() throws {
        try withTemporaryFolder { folder in
            let all = InstalledMPI.all
            let configuration = try SmallRun.configuration(in: folder, iterations: 4 * all.count)
            func run(_ name: String) -> URL { folder.appendingPathComponent(name) }
            try Program.succeed("train", configuration, "--output", run("whole").path)
            // Each goes on from what the one before has left, and is stopped on its way; the last one comes to the end.
            for (index, mpi) in all.enumerated() {
                let job = try RunningJob(
                    "launch/mpirun",
                    ["-n", "\(2 + index % 2)"] + mpi.options + [
                        "train", configuration, "--output", run("parts").path, "--resume",
                    ], in: folder)
                guard index < all.count - 1 else {
                    #expect(job.status() == 0, "\(job.errors)")
                    break
                }
                #expect(job.wait { job.output.contains("step ") && SmallRun.step(job.output[...]) > 4 * index })
                job.signal(SIGTERM)
                let status = job.status(within: 60)
                #expect(status == 75 || status == 0, "\(job.errors)")
            }
            let isSame = try SmallRun.files(run("parts")) == SmallRun.files(run("whole"))
            #expect(isSame)
        }
    }

    /// The environment of one of two processes, as Hydra makes it.
    private func hydra(_ rank: Int) -> [String: String] {
        ["PMI_RANK": "\(rank)", "PMI_SIZE": "2", "MPI_LOCALRANKID": "\(rank)", "MPI_LOCALNRANKS": "2"]
    }

    @Test func whereTheLaunchersMPIIsNotThereTheFirstProcessSaysSo() throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 1)
            let run = folder.appendingPathComponent("run").path
            for rank in 0..<2 {
                let outcome = try Program.run(
                    "train", configuration, "--output", run,
                    environment: hydra(rank).merging(["MODULOR_MPI": folder.path]) { $1 })
                #expect(outcome.status == 2)
                let sentence = #/modulor: mpiexec started 2 processes on \S+, and its MPI is not found: none of .*\n/#
                #expect(
                    rank == 0 ? outcome.errors.wholeMatch(of: sentence) != nil : outcome.errors.isEmpty,
                    "\(outcome.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: run))
        }
    }

    @Test func anMPIThatSeesOtherProcessesThanTheLauncherIsRefused() throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 1)
            let run = folder.appendingPathComponent("run").path
            // Nobody has started these two but the test.
            let outcome = try Program.run(
                "train", configuration, "--output", run,
                environment: [
                    "OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_MCA_ess_singleton_isolated": "1",
                    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                ])
            #expect(outcome.status == 2)
            let sentence = #/modulor: mpirun started 2 processes, of which Open MPI \S+ \(\S+\) sees 1: .*\n/#
            #expect(outcome.errors.wholeMatch(of: sentence) != nil, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: run))
        }
    }

    /// What is for one process, or cannot be understood, is said once by several, started as a site starts programs.
    @Test(
        arguments: [
            ["doctor"], ["plan", "x.yaml"], ["predict", "model", "x.png", "--output", "out"],
            ["data", "check", "x.yaml"], ["bench", "inference", "--config", "x.yaml"], ["inspect", "x"],
            ["train", "--unknown"], ["trian"],
        ], InstalledMPI.all)
    func commandsForOneProcessRefuseSeveral(_ arguments: [String], mpi: InstalledMPI) throws {
        let launcher = try #require(mpi.launcher)
        let outcome = try launcher.run(
            ["-n", "3", Program.location.path] + arguments,
            environment: [
                "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PRTE_ALLOW_RUN_AS_ROOT": "1",
                "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
                "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
            ])
        #expect(outcome.status == 2, "\(outcome.errors)")
        let told = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("modulor: ") }
        #expect(told.count == 1, "\(outcome.errors)")
        if !arguments.contains("--unknown"), arguments != ["trian"] {
            #expect(told.first?.contains(" started 3 processes, and this command is for one") == true)
        }
    }

    @Test func doctorListsEveryMPI() throws {
        let outcome = try Program.succeed("doctor")
        let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("MPI ") }
        #expect(lines.count > InstalledMPI.others.count, "\(outcome.output)")
        #expect(lines.first?.contains("threads serialized") == true, "\(outcome.output)")
        for other in InstalledMPI.others {
            #expect(lines.contains { $0.contains(" in \(other.folder!)/lib") && $0.contains("threads ") }, "\(lines)")
        }
    }
}
