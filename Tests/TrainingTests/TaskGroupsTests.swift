import Collectives
import Configuration
import Testing
import Training

@Suite struct TaskGroupsTests {
    private func groups(
        _ setting: CountOrAutomatic, _ costs: [Int], ranks: Int, batch: Int = 8
    ) throws -> [TaskGroups.Group] {
        try TaskGroups(setting, costs: costs, ranks: ranks, batch: batch).groups
    }

    @Test func ranksGoWhereTheCostIs() throws {
        let two = try groups(.count(2), [10, 30], ranks: 4)
        #expect(two.map(\.graphs) == [[0], [1]] && two.map(\.ranks) == [0..<1, 1..<4])
        let three = try groups(.count(2), [10, 30, 20], ranks: 3)
        #expect(three.map(\.graphs) == [[0, 2], [1]] && three.map(\.ranks) == [0..<2, 2..<3])
    }

    @Test func everyGraphAndEveryRankHasItsPlace() throws {
        for graphs in 1...6 {
            for ranks in 1...9 {
                for count in 1...graphs {
                    let costs = (0..<graphs).map { 1 + ($0 * 7) % 5 }
                    let groups = try groups(.count(count), costs, ranks: ranks, batch: 9)
                    #expect(groups.count == min(count, ranks))
                    #expect(groups.flatMap(\.graphs).sorted() == Array(0..<graphs))
                    #expect(groups.flatMap(\.ranks) == Array(0..<ranks))
                    #expect(groups.allSatisfy { !$0.graphs.isEmpty && !$0.ranks.isEmpty })
                }
            }
        }
    }

    @Test func automaticBalances() throws {
        // Equal tasks and as many ranks: nobody has to exchange a gradient.
        #expect(try groups(.automatic, [5, 5, 5], ranks: 3).count == 3)
        // Three equal tasks on two ranks: one would have two of them, so all are shared.
        #expect(try groups(.automatic, [5, 5, 5], ranks: 2).count == 1)
        // Eight ranks for four samples: only groups give all of them work.
        let wide = try groups(.automatic, [5, 5], ranks: 8, batch: 4)
        #expect(wide.map(\.ranks.count) == [4, 4])
        #expect(try groups(.automatic, [5], ranks: 4).count == 1)
    }

    @Test func whatCannotBeIsRefused() throws {
        #expect(throws: UsageError.self) { try groups(.count(3), [1, 1], ranks: 4) }
        #expect(throws: TooManyRanksError(ranks: 9, batch: 4, groups: 2)) {
            try groups(.automatic, [1, 1], ranks: 9, batch: 4)
        }
        #expect(throws: TooManyRanksError(ranks: 3, batch: 2)) { try groups(.count(1), [1, 1], ranks: 3, batch: 2) }
    }
}
