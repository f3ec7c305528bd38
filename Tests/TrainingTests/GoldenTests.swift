import ConvolutionEngine
import Foundation
import TensorCore
import Testing
import Training

/// Training steps whose figures are known from an independent implementation in float64: ours may stray as far as a
/// verdict allows.
@Suite struct GoldenTests {
    private func run(
        _ name: String, _ set: InstructionSet = .best, choice: ConvolutionChoice = .direct, threads: Int = 2
    ) throws -> GoldenDigests {
        try GoldenRun(GoldenFixtures.read(name).case)
            .run(kernels: Kernels(set, choice: choice), pool: ThreadPool(threads: threads))
    }

    @Test func everyFixtureIsTested() throws {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/golden")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.sorted() == GoldenFixtures.all.map { $0 + ".json" })
    }

    @Test(arguments: GoldenFixtures.all)
    func casePasses(_ name: String) throws {
        let verdict = Verdict(try GoldenFixtures.read(name), try run(name))
        #expect(verdict.complaints == [])
        #expect(verdict.rows.count == 16)
    }

    @Test(arguments: GoldenFixtures.all, [ConvolutionChoice.auto, .winograd])
    func casePassesWithFasterAlgorithms(_ name: String, _ choice: ConvolutionChoice) throws {
        let verdict = Verdict(try GoldenFixtures.read(name), try run(name, choice: choice), choice: choice)
        #expect(verdict.complaints == [])
    }

    @Test(
        arguments: ["r18-conv-parts", "r18-nff-semseg"],
        [InstructionSet.scalar, .portable, .avx2].filter { $0.isAvailable && $0 != .best })
    func casePassesOnNarrowerMachines(_ name: String, _ set: InstructionSet) throws {
        let verdict = Verdict(try GoldenFixtures.read(name), try run(name, set))
        #expect(verdict.complaints == [])
    }

    @Test(arguments: ["r18-conv-parts", "r18-nff-semseg", "r18-rcm-normals-depth-os8"])
    func threadsChangeNoBit(_ name: String) throws {
        func bytes(_ threads: Int, _ choice: ConvolutionChoice) throws -> Data {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return try encoder.encode(try run(name, choice: choice, threads: threads))
        }
        for choice in [ConvolutionChoice.direct, .winograd] {
            let one = try bytes(1, choice)
            for threads in [2, 3] {
                let isSame = try bytes(threads, choice) == one
                #expect(isSame, "\(threads) threads, \(choice)")
            }
        }
    }
}
