import Checkpoints
import Collectives
import CollectivesSupport
import Networks
import ProgramTesting
import TensorCore
import Testing

import Training

/// What one rank tells all.
@Suite struct RankTeamTests {
    @Test(arguments: [1, 2, 4])
    func theFirstRanksValueComesToAll(_ ranks: Int) throws {
        let values = try onRanks(ranks) { communicator in
            let team = try RankTeam(communicator)
            return try team.fromFirst { [Double(communicator.rank), .nan] }.map(\.bitPattern)
        }
        for value in values { #expect(value == [Double(0), .nan].map(\.bitPattern)) }
    }

    @Test func nothingComesToAllToo() throws {
        let values = try onRanks(2) { communicator in
            try RankTeam(communicator).fromFirst { communicator.rank == 0 ? String?.none : "from the second" }
        }
        #expect(values == [nil, nil])
    }

    private struct Refusal: RequestError {
        let description = "not like that"
    }

    @Test func whatTheFirstRankCannotDoIsThrownOnAll() throws {
        let errors = try onRanks(3) { communicator -> FirstRankError? in
            let team = try RankTeam(communicator)
            do { _ = try team.fromFirst { () throws -> Int in throw Refusal() } } catch let error as FirstRankError {
                return error
            }
            return nil
        }
        for error in errors { #expect(error?.description == "not like that" && error?.isRequest == true) }
    }

    @Test func whatABanksShapesSayIsToldWhateverItsNames() throws {
        let names = ["conv1.Ws.weight", "a b.Ws.weight", "c\nd 9.Ws.weight", "e\r\n.Ws.weight", ".Ws.weight"]
        try withTemporaryPath { folder in
            try SafetensorsFile.write(
                to: folder + "/bank",
                tensors: names.map { TensorEntry($0, shape: [1, 1, 1, 1], values: [Float(0)]) })
            let components = try BankComponents(of: SafetensorsFile(path: folder + "/bank"))
            #expect(components != .all)
            let told = try onRanks(2) { communicator in
                try RankTeam(communicator).fromFirst { communicator.rank == 0 ? components : .all }
            }
            #expect(told == [components, components])
        }
    }
}
