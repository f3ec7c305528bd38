import Collectives
import CollectivesSupport
import Testing

@Suite struct NodeCopyTests {
    struct Unreadable: Error, Equatable {}

    @Test(arguments: [[1], [3], [2, 1], [1, 1, 2]], [NodeCopy.Source.firstRank, .everyLeader])
    func allRanksSeeWhatOneRead(ranksOfNodes: [Int], source: NodeCopy.Source) throws {
        let count = CollectiveLimits.messageByteCount + 77
        let results = try onRanks(ranksOfNodes.reduce(0, +), ranksOfNodes: ranksOfNodes) { communicator in
            var calls = 0
            let communicators = try NodeCommunicators(communicator)
            let copy = try NodeCopy(communicators, byteCount: count, from: source) { memory in
                calls += 1
                for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index / 7) }
            }
            let fills = source == .firstRank ? communicator.rank == 0 : communicators.node.rank == 0
            #expect(calls == (fills ? 1 : 0))
            #expect(copy.refusal == nil)
            // Others may still read when the first is through.
            return copy
        }
        for copy in results {
            #expect(copy.bytes.indices.allSatisfy { copy.bytes[$0] == UInt8(truncatingIfNeeded: $0 / 7) })
        }
    }

    @Test func whatRankZeroCannotReadFailsOnAll() throws {
        let messages = try onRanks(3) { communicator -> String in
            do {
                _ = try NodeCopy(NodeCommunicators(communicator), byteCount: 10) { _ in throw Unreadable() }
                return "nothing failed"
            } catch {
                return "\(error)"
            }
        }
        #expect(messages[0] == "Unreadable()")
        #expect(messages[1].hasPrefix("reading for all ranks failed on rank 0 on node0: this rank could not"))
        #expect(messages[2] == messages[1])
    }
}
