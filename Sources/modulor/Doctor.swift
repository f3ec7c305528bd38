import ArgumentParser
import ConvolutionEngine
import Foundation
import Reports

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what this machine has for training, what is missing, and how to mend it.",
        discussion: """
            Examples:
              modulor doctor
              modulor doctor --json
            """)

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: .init("Look at this MPI library alone, and print JSON.", visibility: .private))
    var mpiLibrary: String?

    func run() throws {
        if let mpiLibrary {
            let data = try JSONEncoder().encode(FoundMPI(examining: mpiLibrary))
            return Terminal.line(String(decoding: data, as: UTF8.self))
        }
        let report = MachineReport(.survey(kernels: try .chosen()))
        Terminal.write(json ? try JSONOutput.object(report) : report.text + "\n")
    }
}
