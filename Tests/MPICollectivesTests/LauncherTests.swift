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

    @Test func slurmNeedsPMIx() throws {
        let task = ["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "1"]
        let launcher = try Launcher.detect(task.merging(["PMIX_RANK": "1"]) { $1 })
        #expect(launcher?.kind == .slurm && launcher?.size == 2 && launcher?.rank == 1 && launcher?.localRank == 1)
        let error = #expect(throws: LauncherError.self) { try Launcher.detect(task) }
        #expect(
            error?.description
                == "srun started 2 tasks that cannot find each other; start them with srun --mpi=pmix")
    }
}
