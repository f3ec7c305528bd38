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

    func run() throws {
        let report = MachineReport(.survey(kernels: try .chosen()))
        Terminal.write(json ? try JSONOutput.object(report) : report.text + "\n")
    }
}
