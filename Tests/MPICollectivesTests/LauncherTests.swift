import MPICollectives
import Testing

@Suite struct LauncherTests {
    @Test func aProcessOnItsOwnHasNone() throws {
        #expect(try Launcher.detect(["HOME": "/root"]) == nil)
        // A batch script of Slurm, outside of srun.
        #expect(try Launcher.detect(["SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"]) == nil)
    }

    @Test func mpirunTellsSizesAndRanks() throws {
        let launcher = try Launcher.detect([
            "OMPI_COMM_WORLD_SIZE": "6", "OMPI_COMM_WORLD_RANK": "4", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
            "OMPI_COMM_WORLD_LOCAL_SIZE": "3", "PMIX_RANK": "4",
        ])
        #expect(launcher?.kind == .openMPI && launcher?.size == 6 && launcher?.rank == 4)
        #expect(launcher?.localRank == 1 && launcher?.localSize == 3)
    }

    /// What the documentation of launchers says that they set.
    @Test(
        arguments: [
            (
                "mpiexec", 6, 4, 1, 3,
                ["PMI_RANK": "4", "PMI_SIZE": "6", "PMI_FD": "9", "MPI_LOCALRANKID": "1", "MPI_LOCALNRANKS": "3"]
            ),
            // Hydra that starts its daemons by srun, one of each host.
            (
                "mpiexec", 6, 4, 1, 3,
                [
                    "PMI_RANK": "4", "PMI_SIZE": "6", "MPI_LOCALRANKID": "1", "MPI_LOCALNRANKS": "3",
                    "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "0", "SLURM_STEP_ID": "0",
                ]
            ),
            (
                "mpirun_rsh", 6, 4, 1, 3,
                [
                    "MV2_COMM_WORLD_RANK": "4", "MV2_COMM_WORLD_SIZE": "6", "MV2_COMM_WORLD_LOCAL_RANK": "1",
                    "MV2_COMM_WORLD_LOCAL_SIZE": "3", "PMI_RANK": "4", "PMI_SIZE": "6",
                ]
            ),
            (
                "mpirun_rsh", 6, 4, 1, 3,
                [
                    "MVP_COMM_WORLD_RANK": "4", "MVP_COMM_WORLD_SIZE": "6", "MVP_COMM_WORLD_LOCAL_RANK": "1",
                    "MVP_COMM_WORLD_LOCAL_SIZE": "3",
                ]
            ),
            (
                "PALS", 6, 4, 1, 3,
                [
                    "PALS_RANKID": "4", "PALS_LOCAL_RANKID": "1", "PMI_RANK": "4", "PMI_SIZE": "6",
                    "PMI_LOCAL_RANK": "1",
                    "PMI_LOCAL_SIZE": "3",
                ]
            ),
            (
                "flux", 6, 4, 1, nil,
                [
                    "FLUX_TASK_RANK": "4", "FLUX_JOB_SIZE": "6", "FLUX_TASK_LOCAL_ID": "1", "PMI_RANK": "4",
                    "PMI_SIZE": "6", "PMI_FD": "5",
                ]
            ),
            (
                "jsrun", 6, 4, 1, 3,
                [
                    "JSM_NAMESPACE_RANK": "4", "JSM_NAMESPACE_SIZE": "6", "JSM_NAMESPACE_LOCAL_RANK": "1",
                    "JSM_NAMESPACE_LOCAL_SIZE": "3", "PMIX_RANK": "4",
                ]
            ),
            // srun --mpi=pmi2
            (
                "srun", 6, 4, 1, nil,
                [
                    "SLURM_STEP_NUM_TASKS": "6", "SLURM_PROCID": "4", "SLURM_LOCALID": "1", "SLURM_STEP_ID": "0",
                    "PMI_FD": "9", "PMI_RANK": "4", "PMI_SIZE": "6",
                ]
            ),
            (
                "srun", 6, 4, 1, nil,
                ["SLURM_STEP_NUM_TASKS": "6", "SLURM_PROCID": "4", "SLURM_LOCALID": "1", "PMI_FD": "9"]
            ),
            ("a PMI launcher", 6, 4, nil, nil, ["PMI_RANK": "4", "PMI_SIZE": "6"]),
            ("a PMIx launcher", nil, 4, nil, nil, ["PMIX_RANK": "4"]),
        ] as [(String, Int?, Int, Int?, Int?, [String: String])])
    func launchersAreKnownByTheirVariables(
        kind: String, size: Int?, rank: Int, localRank: Int?, localSize: Int?, environment: [String: String]
    ) throws {
        let launcher = try #require(try Launcher.detect(environment))
        #expect(launcher.kind.rawValue == kind && launcher.size == size && launcher.rank == rank)
        #expect(launcher.localRank == localRank && launcher.localSize == localSize)
    }

    @Test func slurmNeedsPMIxOrPMI2() throws {
        let task = ["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "1"]
        let launcher = try Launcher.detect(task.merging(["PMIX_RANK": "1"]) { $1 })
        #expect(launcher?.kind == .slurm && launcher?.size == 2 && launcher?.rank == 1 && launcher?.localRank == 1)
        let error = #expect(throws: LauncherError.self) { try Launcher.detect(task) }
        #expect(error?.rank == 1)
        #expect(
            error?.description
                == "srun started 2 tasks that cannot find each other; start them with srun --mpi=pmix, or --mpi=pmi2 for "
                + "an MPI of MPICH's family")
    }

    @Test func librariesAreNamedShortly() {
        #expect(MPILibrary.shortened("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4") == "Open MPI v4.1.4")
        #expect(
            MPILibrary.shortened("MPICH Version:      5.0.2 MPICH Release date: Fri Sep 25 20:45:26 UTC 2026 MPICH ABI")
                == "MPICH 5.0.2")
        #expect(
            MPILibrary.shortened("Intel(R) MPI Library 2021.18.1 for Linux* OS ") == "Intel(R) MPI Library 2021.18.1")
        #expect(
            MPILibrary.shortened("MVAPICH Version      :       3.0 MVAPICH Release date : 02/2024") == "MVAPICH 3.0")
    }
}
