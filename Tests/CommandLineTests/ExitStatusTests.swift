import Foundation
import ProgramTesting
import Testing

@Suite struct ExitStatusTests {
    @Test(arguments: [["--help"], ["--version"], ["bench", "step", "--help"]])
    func whatIsAskedForEndsWithZero(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 0)
        #expect(!outcome.output.isEmpty)
        #expect(outcome.errors.isEmpty)
    }

    @Test(arguments: [
        ["paint"], ["bench", "step"], ["bench", "step", "--config", "x.yaml", "--rounds", "0"],
        ["bench", "step", "--config", "x.yaml", "--fast"], ["data", "rooms", "--index", "9..3", "--output", "x"],
        ["data", "rooms", "--index", "1999..2001", "--output", "x"], ["verify", "--threads", "0", "x.json"],
    ])
    func badArgumentsEndWithTwoAndASentence(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("modulor: "))
        #expect(!outcome.errors.contains("Error:"))
    }

    @Test func aMissingConfigurationEndsWithTwo() throws {
        let outcome = try Program.run("bench", "step", "--config", "/nowhere/x.yaml")
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("modulor: /nowhere/x.yaml: the configuration cannot be read"))
    }

    @Test func aBadOverrideEndsWithTwoAndIsNamed() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("small.yaml").path
            try Data("training: {bach: 2}\n".utf8).write(to: URL(fileURLWithPath: path))
            let outcome = try Program.run("bench", "step", "--config", path)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("bach"))
            #expect(outcome.errors.contains("batch"))
        }
    }

    @Test func whatIsNoFileOfExpectedFiguresEndsWithTwo() throws {
        let outcome = try Program.run("verify", "/nowhere/x.json")
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("modulor: /nowhere/x.json"))
    }

    @Test("what cannot be told is a failure, and no crash", arguments: ["doctor", "bench convolution --help"])
    func fullOutput(command: String) throws {
        let outcome = try ForeignProgram(at: "/bin/sh").run([
            "-c", "exec '\(Program.location.path)' \(command) > /dev/full",
        ])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("standard output could not be written to its end"), "\(outcome.errors)")
    }

    @Test func whatTheSystemRefusesEndsWithOne() throws {
        let outcome = try Program.run("data", "rooms", "--index", "0", "--output", "/proc/rooms")
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("modulor: cannot write /proc/rooms"))
    }
}
