import ConvolutionEngine
import Foundation
import ProgramTesting
import Testing
import Training

@Suite struct TimingCacheTests {
    private static func pass(_ channels: Int, _ pass: ConvolutionPass = .forward) -> LayerPass {
        let geometry = ConvolutionGeometry(inputChannels: channels, outputChannels: 8, kernelSize: 3, padding: 1)
        return LayerPass(ConvolutionLayer(geometry, height: 20, width: 30), pass)
    }

    private static func timings(_ pass: LayerPass, fastest: Int) -> ConvolutionTimings {
        let times = pass.layer.candidates.enumerated().map { ($1, $0 == fastest ? 0.25 : 1.5) }
        return ConvolutionTimings([pass: Dictionary(uniqueKeysWithValues: times)])
    }

    private static func cache(_ folder: TemporaryFolder, program: String = "abc") throws -> TimingCache {
        try #require(TimingCache(.best, environment: ["MODULOR_CACHE": folder.path + "/a/b"]) { program })
    }

    @Test func whatIsAddedIsReadAgain() throws {
        let folder = try TemporaryFolder()
        let cache = try Self.cache(folder)
        #expect(try cache.read() == ConvolutionTimings())
        var all = ConvolutionTimings()
        for (index, pass) in [Self.pass(8), Self.pass(8, .backwardToFilter), Self.pass(16)].enumerated() {
            let own = Self.timings(pass, fastest: index)
            try cache.add(own)
            all.add(own)
        }
        let read = try Self.cache(folder).read()
        #expect(read == all && read.milliseconds.count == 3)
        #expect(read.fastest(Self.pass(8)) == .direct && read.fastest(Self.pass(16)) == .winograd(tile: 3))
        #expect(read.fastest(Self.pass(32)) == nil)
        // What is known stays.
        try cache.add(Self.timings(Self.pass(8), fastest: 3))
        #expect(try cache.read() == all)
        // Nothing but the file and its lock, and the file is for people too.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/a/b/modulor").sorted()
        #expect(names.count == 2 && names[1] == names[0] + ".lock")
        let text = try String(contentsOfFile: cache.path, encoding: .utf8)
        #expect(
            text.contains(#""16>8 3x3 padding 1 at 20x30, forward" : {"#) && text.contains(#""winograd 4×4" : 1.5"#))
    }

    @Test func otherKernelsHaveOtherTimings() throws {
        let folder = try TemporaryFolder()
        try Self.cache(folder).add(Self.timings(Self.pass(8), fastest: 1))
        let other = try Self.cache(folder, program: "def")
        #expect(try other.read() == ConvolutionTimings())
        // Even a file that somebody has renamed.
        try FileManager.default.copyItem(atPath: Self.cache(folder).path, toPath: other.path)
        #expect(throws: (any Error).self) { try other.read() }
    }

    @Test(arguments: [
        (#""winograd 4×4""#, #""winograd 9×9""#), (#""winograd 4×4" : 1.5"#, #""winograd 4×4" : -1"#),
        ("padding 1", "padding x"), ("padding 1", "stride 2 padding 1"), ("}\n", ""), ("machine", "engine"),
        (#""direct" : 0.25"#, #""direct" : "fast""#), (#""direct" : 0.25,"#, ""),
    ])
    func damageIsSaidInOneSentence(old: String, new: String) throws {
        let folder = try TemporaryFolder()
        let cache = try Self.cache(folder)
        try cache.add(Self.timings(Self.pass(8), fastest: 0))
        let text = try String(contentsOfFile: cache.path, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(toFile: cache.path, atomically: true, encoding: .utf8)
        let error = #expect(throws: (any Error).self) { try cache.read() }
        let sentence = error.map { "\($0)" } ?? ""
        #expect(sentence.hasPrefix(cache.path + ": ") && sentence.hasSuffix("; all of it is measured again"))
        #expect(!sentence.contains("\n"))
        // Whatever is added then replaces it.
        try cache.add(Self.timings(Self.pass(16), fastest: 2))
        #expect(try cache.read() == Self.timings(Self.pass(16), fastest: 2))
    }

    @Test func manyMayAddAtOnce() throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        DispatchQueue.concurrentPerform(iterations: 24) { index in
            let cache = TimingCache(.best, environment: ["MODULOR_CACHE": path + "/a/b"]) { "abc" }
            try? cache?.add(Self.timings(Self.pass(index + 1), fastest: 0))
        }
        #expect(try Self.cache(folder).read().milliseconds.count == 24)
    }

    @Test func theFolderIsTheUsersChoice() {
        func path(_ environment: [String: String]) -> String? {
            TimingCache(.best, environment: environment) { "abc" }?.path
        }
        let home = ["HOME": "/home/me"]
        #expect(path(home)?.hasPrefix("/home/me/.cache/modulor/convolutions-") == true)
        let shared = home.merging(["XDG_CACHE_HOME": "/var/me"]) { $1 }
        #expect(path(shared)?.hasPrefix("/var/me/modulor/") == true)
        #expect(path(shared.merging(["XDG_CACHE_HOME": "me"]) { $1 }) == path(home))
        #expect(path(shared.merging(["MODULOR_CACHE": "/scratch"]) { $1 })?.hasPrefix("/scratch/modulor/") == true)
        #expect(path([:]) == nil)
        #expect(path(home)?.hasSuffix("-\(InstructionSet.best.rawValue)-abc.json") == true)
    }
}
