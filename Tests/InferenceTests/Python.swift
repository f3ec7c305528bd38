import Foundation

/// The Python of this machine: the one that MODULOR_PYTHON names, else `python3` of the path.
enum Python {
    private static let program = ProcessInfo.processInfo.environment["MODULOR_PYTHON"] ?? "python3"

    struct Outcome {
        let status: Int32
        let text: String
    }

    /// Whether it has all these modules.
    static func has(_ modules: String...) -> Bool {
        (try? run(["-c", "import " + modules.joined(separator: ", ")]))?.status == 0
    }

    /// Runs a script of this folder.
    static func run(script name: String, _ arguments: [String]) throws -> Outcome {
        let script = Bundle.module.resourceURL!.appendingPathComponent("Scripts/\(name)").path
        return try run([script] + arguments)
    }

    private static func run(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, text: String(decoding: text, as: UTF8.self))
    }
}
