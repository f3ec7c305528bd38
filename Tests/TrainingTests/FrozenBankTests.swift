import Collectives
import Configuration
import ConvolutionEngine
import Foundation
import ProgramTesting
import TensorCore
import Testing
import Training

/// The system itself forbids to write to the bank, in one process and where ranks share it.
@Suite struct FrozenBankTests {
    private static func trainer(_ path: String, _ team: RankTeam) throws -> Trainer {
        try Trainer(
            TrainerTests.configuration(), folder: path + "/run", resume: false, kernels: Kernels(.best),
            pool: ThreadPool(threads: 1), team: team)
    }

    @Test func aWriteEndsTheProcess() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let folder = try TemporaryFolder()
            let trainer = try Self.trainer(folder.path, RankTeam())
            let bank = trainer.parameters.bank.values
            guard bank.floats()[0] != 0 else { exit(3) }
            // The fault leaves nobody to clear up.
            try FileManager.default.removeItem(atPath: folder.path)
            bank.floats()[0] = 1
        }
    }

    @Test func aWriteOfARankEndsItsProcess() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let folder = try TemporaryFolder()
            let path = folder.path
            let communicators = ThreadCommunicator.world(ranksOfNodes: [2])
            let other = Thread {
                let trainer = try? Self.trainer(path, RankTeam(communicators[1]))
                withExtendedLifetime(trainer) { _ = sleep(60) }
            }
            other.start()
            let trainer = try Self.trainer(path, RankTeam(communicators[0]))
            let bank = trainer.parameters.bank.values
            guard bank.floats()[0] != 0 else { exit(3) }
            // The fault leaves nobody to clear up.
            try FileManager.default.removeItem(atPath: folder.path)
            bank.floats()[0] = 1
        }
    }
}
