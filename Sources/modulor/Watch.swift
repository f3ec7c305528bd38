import ArgumentParser
import Foundation
import Reports

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows a running or finished run: curves, last figures, checkpoints, alive or stopped.",
        discussion: """
            On a terminal the picture is drawn again while the run lives; Ctrl-C ends the watching and not the run.

            Examples:
              modulor watch runs/demo
              modulor watch runs/demo --json
            """)

    @Argument(help: .init("The folder of the run.", valueName: "run"))
    var folder: String

    @Flag(help: "Show the run once, as it is now.")
    var once = false

    @Flag(help: "Print one JSON object, once.")
    var json = false

    func run() throws {
        if json { return Terminal.write(try JSONOutput.object(RunScreen(folder: folder).summary)) }
        while true {
            let screen = try RunScreen(folder: folder)
            let columns = Terminal.columns
            let isLive = columns != nil && !once && screen.isRunning
            // Home, then clear what an earlier picture left.
            Terminal.write((isLive ? "\u{1B}[H\u{1B}[2J" : "") + screen.text(columns: columns ?? 100) + "\n")
            guard isLive else { return }
            sleep(2)
        }
    }
}
