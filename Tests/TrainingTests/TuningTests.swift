import Configuration
import ConvolutionEngine
import Foundation
import ProgramTesting
import Testing
import Training

/// Runs whose algorithms were measured, or that believe so.
@Suite struct TuningTests {
    private let tuned = KernelRequest(tunes: true)

    /// Kernels for a run, with what was told meanwhile.
    private func kernels(
        _ request: KernelRequest, _ configuration: RunConfiguration, cache: String, resuming path: String? = nil
    ) throws -> (kernels: Kernels, summary: TuningSummary?, notices: [String]) {
        var summary: TuningSummary?
        var notices: [String] = []
        let kernels = try request.kernels(
            training: configuration, resuming: path, team: RankTeam(), environment: ["MODULOR_CACHE": cache]
        ) { event in
            switch event {
            case .measuring(let done, let count): #expect((1...count).contains(done))
            case .noticed(let text): notices.append(text)
            case .tuned(let own): summary = own
            }
        }
        return (kernels, summary, notices)
    }

    /// Makes the cache in `folder` say that `algorithm` is the fastest for all.
    private func forge(_ folder: String, _ algorithm: ConvolutionAlgorithm) throws {
        let file = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder + "/modulor").first { $0.hasSuffix(".json") })
        let path = folder + "/modulor/" + file
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let slow = text.replacing(#/" : [0-9.e-]+/#, with: "\" : 7")
        let forged = slow.replacing("\"\(algorithm)\" : 7", with: "\"\(algorithm)\" : 0.5")
        #expect(forged != slow)
        try forged.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func whatWasMeasuredIsKnownToOtherThreadsAndBatches() throws {
        let folder = try TemporaryFolder()
        let first = try kernels(tuned, TrainerTests.configuration(), cache: folder.path)
        let summary = try #require(first.summary)
        #expect(summary.measured > 0 && summary.known == 0 && first.notices.isEmpty)
        #expect(summary.predictedMilliseconds > 0 && summary.savedMilliseconds >= 0)
        let other = try TrainerTests.configuration(["parallel.threads=3", "training.batch=5"])
        let second = try kernels(tuned, other, cache: folder.path)
        #expect(second.summary?.measured == 0 && second.summary?.known == summary.measured)
        #expect(first.kernels.measured != nil && second.kernels.measured == first.kernels.measured)
        // Other sizes are other layers; those that are alike are known.
        let larger = try kernels(tuned, TrainerTests.configuration(["model.aspp=16"]), cache: folder.path)
        #expect(try #require(larger.summary).measured > 0 && larger.summary!.known > 0)
        // Without --tune nothing is measured or read.
        #expect(try kernels(KernelRequest(), other, cache: folder.path).kernels.measured == nil)
    }

    @Test func aDamagedCacheIsMeasuredAgainWithANotice() throws {
        let folder = try TemporaryFolder()
        let configuration = try TrainerTests.configuration()
        let whole = try kernels(tuned, configuration, cache: folder.path).summary
        let path = folder.path + "/modulor/"
        let file = try #require(
            FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasSuffix(".json") })
        try Data("{\"machine\": {".utf8).write(to: URL(fileURLWithPath: path + file))
        let again = try kernels(tuned, configuration, cache: folder.path)
        #expect(again.summary?.measured == whole?.measured)
        #expect(again.notices.count == 1 && again.notices[0].contains("all of it is measured again"))
        #expect(try kernels(tuned, configuration, cache: folder.path).summary?.measured == 0)
    }

    @Test func whatCannotBeKeptIsMeasuredEachTime() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        for _ in 0..<2 {
            let own = try kernels(tuned, TrainerTests.configuration(), cache: folder.path + "/file")
            #expect(own.kernels.measured != nil && own.summary!.measured > 0)
            #expect(own.notices.count == 1 && own.notices[0].contains("cannot be kept"), "\(own.notices)")
        }
    }

    @Test func contradictionsAreRefused() throws {
        let folder = try TemporaryFolder()
        for (request, words) in [
            (KernelRequest(convolution: .direct, tunes: true), "leave out --tune or --convolution direct"),
            (KernelRequest(convolution: .winograd, tunes: true), "leave out --tune or --convolution winograd"),
            (KernelRequest(matrixProducts: .openblas, tunes: true), "leave out --tune or --gemm openblas"),
        ] {
            let error = #expect(throws: UsageError.self) {
                try kernels(request, TrainerTests.configuration(), cache: folder.path)
            }
            #expect(error?.description.contains(words) == true)
            #expect(throws: UsageError.self) {
                try request.kernels(benchmarking: TrainerTests.configuration(), environment: [:])
            }
        }
        let both = KernelRequest(convolution: .auto, matrixProducts: .own, tunes: true)
        #expect(try kernels(both, TrainerTests.configuration(), cache: folder.path).kernels.measured != nil)
    }

    @Test func aTableIsFollowedAndItsBitsDoNotDependOnThreads() throws {
        let folder = try TemporaryFolder()
        let configuration = try TrainerTests.configuration(["training.iterations=2"])
        _ = try kernels(tuned, configuration, cache: folder.path)
        var models: [[String: Data]] = []
        for algorithm in [ConvolutionAlgorithm.direct, .winograd(tile: 2), .winograd(tile: 3)] {
            try forge(folder.path, algorithm)
            let own = try kernels(tuned, configuration, cache: folder.path)
            #expect(own.summary?.measured == 0)
            let table = try #require(own.kernels.measured)
            #expect("\(table)".split(separator: "\n").allSatisfy { $0.hasSuffix(": \(algorithm)") })
            for threads in 1...3 {
                let run = "\(algorithm) \(threads)"
                try TrainerTests.train(configuration, in: folder, run: run, threads: threads, measured: table)
                let model = try folder.files(below: run + "/model")
                if threads == 1 { models.append(model) } else { #expect(model == models.last) }
            }
        }
        #expect(models[0] != models[1] && models[1] != models[2] && models[0] != models[2])
    }

    @Test func aResumedRunKeepsItsTable() throws {
        let folder = try TemporaryFolder()
        let cache = folder.path + "/cache"
        let configuration = try TrainerTests.configuration()
        _ = try kernels(tuned, configuration, cache: cache)
        try forge(cache, .winograd(tile: 2))
        let table = try #require(try kernels(tuned, configuration, cache: cache).kernels.measured)
        try TrainerTests.train(configuration, in: folder, run: "whole", measured: table)
        try TrainerTests.train(configuration, in: folder, run: "parts", stopAfter: 3, measured: table)
        // By now the machine's cache says otherwise; then there is none; and the machine has other threads.
        let path = folder.path + "/parts"
        for request in [tuned, KernelRequest(), KernelRequest(convolution: .auto)] {
            if request == tuned {
                try forge(cache, .direct)
            } else {
                try? FileManager.default.removeItem(atPath: cache)
            }
            let resumed = try kernels(request, configuration, cache: cache, resuming: path)
            #expect(resumed.kernels.measured == table && resumed.summary == nil)
        }
        let error = #expect(throws: UsageError.self) {
            try kernels(KernelRequest(convolution: .direct), configuration, cache: cache, resuming: path)
        }
        #expect(error?.description.contains("was begun with --convolution auto") == true)
        let resumed = try kernels(KernelRequest(), configuration, cache: cache, resuming: path).kernels
        try TrainerTests.train(
            configuration, in: folder, run: "parts", resume: true, threads: 1, measured: resumed.measured)
        for part in ["model", "checkpoints/00000005"] {
            #expect(try folder.files(below: "parts/" + part) == folder.files(below: "whole/" + part))
        }
    }

    @Test func aRunWithoutATableGoesOnWithoutOne() throws {
        let folder = try TemporaryFolder()
        let configuration = try TrainerTests.configuration()
        try TrainerTests.train(configuration, in: folder, run: "run", stopAfter: 2)
        let path = folder.path + "/run"
        // As checkpoints were before there were tables.
        let state = try #require(try folder.files(below: "run/checkpoints/00000002")["state.safetensors"])
        let header = String(decoding: state.dropFirst(8).prefix { $0 != 0 }, as: UTF8.self)
        #expect(header.contains(#""convolution":"auto""#) && !header.contains("algorithms"))
        let own = try kernels(KernelRequest(), configuration, cache: folder.path, resuming: path)
        #expect(own.kernels.measured == nil && own.kernels.choice == .auto)
        let error = #expect(throws: UsageError.self) {
            try kernels(tuned, configuration, cache: folder.path, resuming: path)
        }
        #expect(error?.description.contains("was begun without --tune") == true)
        // A run that has no checkpoint yet begins with what is asked for.
        let begun = try kernels(tuned, configuration, cache: folder.path, resuming: folder.path + "/none")
        #expect(begun.kernels.measured != nil)
    }
}
