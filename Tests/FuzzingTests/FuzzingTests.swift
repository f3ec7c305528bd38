import Foundation
import Fuzzing
import ModelFuzzing
import Testing

/// Damaged files are read or refused: without a crash, without end, and without an allocation that their size does not
/// allow. Each reader has a process to itself, so that what ends one is told with the number of the file.
@Suite("Damaged files of every kind", .timeLimit(.minutes(60)))
struct FuzzingTests {
    private var count: Int {
        ProcessInfo.processInfo.environment["MODULOR_LONG_TESTS"] == nil ? 20_000 : 1_000_000
    }

    @Test(
        arguments: FuzzedReader.models.map { ("ModelFuzzProbe", $0.name) }
            + FuzzedReader.files.map { ("FuzzProbe", $0.name) })
    func damagedFiles(program: String, reader: String) throws {
        let outcome = try Probe.run(program, reader, count)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("the same number always gives the same damage")
    func damageIsAFunction() {
        for reader in FuzzedReader.files + FuzzedReader.models {
            #expect(reader.input(17) == reader.input(17))
            #expect((0..<50).contains { reader.input($0) != reader.seeds[$0 % reader.seeds.count] })
        }
    }
}

/// The programs that read damaged files.
private enum Probe {
    static func run(_ program: String, _ reader: String, _ count: Int) throws -> (status: Int32, errors: String) {
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        // The program of the tests lies beside the probe, or is a tool that was given their library.
        let candidates = [URL(fileURLWithPath: executable)] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        let probe = candidates.map { $0.deletingLastPathComponent().appendingPathComponent(program) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }!
        let process = Process()
        process.executableURL = probe
        process.arguments = [reader, "\(count)"]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
