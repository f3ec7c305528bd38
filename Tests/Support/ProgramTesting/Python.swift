import Foundation

/// The Python of this machine: the one that MODULOR_PYTHON names, else `python3` of the path.
package enum Python {
    private static let program = ForeignProgram(["python3"], variable: "MODULOR_PYTHON")
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private struct Missing: Error, CustomStringConvertible {
        let description = "there is no Python in the path"
    }

    /// Whether it has all these modules.
    package static func has(_ modules: String...) -> Bool { runs("import " + modules.joined(separator: ", ")) }

    /// Whether it comes to the end of these lines.
    package static func runs(_ code: String) -> Bool { (try? run(["-c", code]))?.status == 0 }

    /// Runs a script, by its path in the folder Tests.
    package static func run(script: String, _ arguments: [String]) throws -> ForeignProgram.Outcome {
        try run([tests.appendingPathComponent(script).path] + arguments)
    }

    package static func run(_ arguments: [String]) throws -> ForeignProgram.Outcome {
        guard let program else { throw Missing() }
        // Without leaving compiled modules among the sources.
        return try program.run(["-B"] + arguments, seconds: 300)
    }
}
