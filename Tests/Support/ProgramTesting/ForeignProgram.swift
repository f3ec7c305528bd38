import Foundation

/// A program that tests start: one of the machine, such as a browser, or one that was built.
package struct ForeignProgram: Sendable {
    package let path: String

    /// How a program ended, and what it said.
    package struct Outcome: Sendable {
        /// The exit code, or the number of the signal that ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// The program at a place, whether it is there or not.
    package init(at path: String) { self.path = path }

    /// The first of these programs that is there; nil where none is.
    ///
    /// - Parameters:
    ///   - names: to be looked for in PATH.
    ///   - variable: an environment variable that may name another one, which then goes before them; a name or a path.
    package init?(_ names: [String], variable: String? = nil) {
        let environment = ProcessInfo.processInfo.environment
        let named = variable.flatMap { environment[$0] }.map { [$0] } ?? []
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        let candidates = (named + names).flatMap { name -> [String] in
            name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
        }
        guard let path = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            return nil
        }
        self.path = path
    }

    /// Runs the program to its end. One that takes longer than `seconds` is asked to end, with all that it started in
    /// its group, and ten seconds later killed: mpirun has time to take its ranks along. The status is then 124, or that
    /// of the signal; 127 is that of a program that is not there.
    ///
    /// - Parameter environment: variables beside those that the tests have.
    package func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Int = 120
    ) throws -> Outcome {
        // Files rather than pipes: a program never waits for somebody to read them.
        let said = FileManager.default.temporaryDirectory.appendingPathComponent("modulor-said-\(UUID().uuidString)")
        let (output, errors) = (said.appendingPathExtension("output"), said.appendingPathExtension("errors"))
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=10", "\(seconds)", path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardInput = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        ended.wait()
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return Outcome(status: process.terminationStatus, output: try text(output), errors: try text(errors))
    }
}
