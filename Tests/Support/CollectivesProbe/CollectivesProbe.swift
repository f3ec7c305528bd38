import Collectives
import CollectivesSupport
import Foundation
import MPICollectives

/// A rank of the jobs that tests start: `CollectivesProbe FOLDER SCENARIO [RANKS PER NODE]`. Ranks write what they find
/// into FOLDER/RANK.txt, since a test that waited inside a job would hang when one of its ranks fails.
@main
struct CollectivesProbe {
    static func main() throws {
        let arguments = CommandLine.arguments
        let ranksPerNode = arguments.count > 3 ? Int(arguments[3]) : nil
        let communicator: any Communicator
        let environment = ProcessInfo.processInfo.environment
        let launcher = try Launcher.detect(environment)
        if let launcher {
            try MPILibrary.open(for: launcher, environment)
            communicator = try MPIJob.start(launcher, ranksPerNode: ranksPerNode)
        } else {
            communicator = LoopbackCommunicator()
        }
        func write(_ text: String) throws {
            try text.write(toFile: "\(arguments[1])/\(communicator.rank).txt", atomically: true, encoding: .utf8)
        }
        let text =
            switch arguments[2] {
            case "reduce": try Scenario.reduce(communicator)
            case "disagree": Scenario.disagree(communicator)
            case "error": Scenario.error(communicator)
            case "fault": try Scenario.fault(communicator, write)
            case "abort": try Scenario.abort(communicator)
            case let other: fatalError("unknown scenario \(other)")
            }
        try write(text)
        if launcher != nil { try MPIJob.finish() }
    }
}
