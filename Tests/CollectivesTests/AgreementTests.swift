import Collectives
import CollectivesSupport
import Testing

@Suite struct AgreementTests {
    @Test func equalRanksAgree() throws {
        _ = try onRanks(3) { try $0.agree(on: [AgreementItem("version", "1"), AgreementItem("empty", "")]) }
    }

    @Test func everyRankLearnsWhoDiffersInWhat() throws {
        let messages = try onRanks(5, ranksOfNodes: [2, 3]) { communicator -> String in
            var items = [AgreementItem("version", "1.0"), AgreementItem("bank", "aa")]
            if communicator.rank == 3 { items[1] = AgreementItem("bank", "bb") }
            if communicator.rank < 3 { items.append(AgreementItem("instruction set", "avx2")) }
            do throws(AgreementError) {
                try communicator.agree(on: items)
                return ""
            } catch {
                return error.description
            }
        }
        for message in messages {
            #expect(
                message == """
                    the ranks differ, so they cannot train together; start all of them with the same program and files
                      bank: aa on ranks 0 to 2, 4 (node0, node1), bb on rank 3 (node1)
                      instruction set: avx2 on ranks 0 to 2 (node0, node1), nothing on ranks 3, 4 (node1)
                    """)
        }
    }

    @Test func splitsKeepTheirOrderAndNodes() throws {
        let parts = try onRanks(6, ranksOfNodes: [2, 4]) { communicator in
            let part = try communicator.split(color: communicator.rank % 2, key: -communicator.rank)
            return (part.rank, part.nodes)
        }
        #expect(parts.map(\.0) == [2, 2, 1, 1, 0, 0])
        for part in parts { #expect(part.1 == NodeLayout(hosts: ["node1", "node0"], ranks: [0..<2, 2..<3])) }
    }

    @Test func bytesOfOneComeToAllInPieces() throws {
        let count = 3 * CollectiveLimits.messageByteCount + 5
        let results = try onRanks(2) { communicator in
            var bytes = [UInt8](repeating: 0, count: count)
            if communicator.rank == 1 { for index in 0..<count { bytes[index] = UInt8(truncatingIfNeeded: index / 3) } }
            var failure: CollectiveError?
            bytes.withUnsafeMutableBytes { memory in
                do throws(CollectiveError) { try communicator.broadcast(memory, from: 1) } catch { failure = error }
            }
            #expect(failure == nil)
            return bytes
        }
        #expect(results[0] == results[1] && results[0][count - 1] == UInt8(truncatingIfNeeded: (count - 1) / 3))
    }
}
