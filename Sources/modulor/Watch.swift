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
        // The first picture on a terminal clears it; later ones are drawn over it line by line, which does not flicker.
        var start = "\u{1B}[2J"
        var screen = try RunScreen(folder: folder)
        while true {
            let columns = Terminal.columns
            let text = screen.text(columns: columns ?? 100)
            guard columns != nil && !once && (screen.isRunning || start.isEmpty) else {
                return Terminal.write(text + "\n")
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0 + "\u{1B}[K\n" }
            Terminal.write(start + "\u{1B}[H" + lines.joined() + "\u{1B}[J")
            guard screen.isRunning else { return }
            start = ""
            sleep(2)
            try screen.refresh()
        }
    }
}
