import ArgumentParser
import Configuration
import Foundation
import Reports

struct DataRooms: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rooms", abstract: "Writes pictures and labels of the embedded data set as PNG files.",
        discussion: """
            Every sample gives SAMPLE-image.png and SAMPLE-TASK.png for each task; contact-sheet.png shows them all.

            Example:
              modulor data rooms --index 0..8 --output rooms
            """)

    enum Split: String, ExpressibleByArgument, CaseIterable {
        case train, val
    }

    @Option(help: "The samples: one number, or A..B for those from A up to but not with B.")
    var index: SampleRange

    @Option(help: "The folder that the files go to.")
    var output: String

    @Option(help: "Which rooms are drawn.")
    var seed = RoomsSettings().seed

    @Option(help: "The pictures' size in pixels, HEIGHTxWIDTH.")
    var size = RoomsSettings().size

    @Option(help: "Which pictures: those to train on, or those to validate on.")
    var split = Split.train

    private var source: RoomsSettings {
        var settings = RoomsSettings()
        (settings.seed, settings.size) = (seed, size)
        return settings
    }

    func validate() throws {
        guard seed >= 0 else { throw ValidationError("--seed is at least 0") }
        let count = split == .train ? source.train : source.validation
        guard index.range.upperBound <= count else {
            throw ValidationError("--index goes beyond the \(count) samples of --split \(split.rawValue)")
        }
    }

    func run() throws {
        let rooms = split == .train ? source.trainingRooms : source.validationRooms
        let sheet = try SampleGallery(rooms).write(index.range, to: output)
        Terminal.write("contact sheet: \(sheet)\n")
    }
}

/// Samples on the command line: `5`, or `0..8`.
struct SampleRange: ExpressibleByArgument {
    let range: Range<Int>

    init?(argument: String) {
        let ends = argument.components(separatedBy: "..").map { Int($0) }
        guard let first = ends[0], first >= 0, ends.count <= 2 else { return nil }
        if ends.count == 1 {
            range = first..<first + 1
        } else {
            guard let last = ends[1], last > first else { return nil }
            range = first..<last
        }
    }
}

extension PixelSize: ExpressibleByArgument {
    public init?(argument: String) {
        let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let height = sides[0], let width = sides[1], (1...16384).contains(height),
            (1...16384).contains(width)
        else { return nil }
        self.init(height: height, width: width)
    }

    public var defaultValueDescription: String { "\(height)x\(width)" }
}
