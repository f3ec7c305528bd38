import Collectives
import CollectivesSupport
import Testing

/// What ranks hand to each other comes out as it went in.
@Suite struct ExactCodingTests {
    struct Everything: Codable, Equatable {
        enum Kind: String, Codable { case one, other }
        enum Form: Codable, Equatable {
            case plain
            case sized(Int, name: String?)
        }

        var text: String
        var number: Int
        var kind: Kind
        var forms: [Form]
        var counts: [String: Int]
        var absent: Int?
        var present: Int?
        var maybe: [Double?]
        var rows: [[Float]]
    }

    private func everything(_ rank: Int) -> Everything {
        Everything(
            text: "a\0b\né \(rank)", number: .min + rank, kind: .other, forms: [.plain, .sized(rank, name: nil)],
            counts: ["c\nd 9": rank, "": 1, "super": -1], absent: nil, present: rank, maybe: [nil, 0.1, nil],
            rows: [[], [1.5, -0.0], [Float(rank)]])
    }

    @Test func valuesOfAnyFormComeToAllRanks() throws {
        let expected = (0..<3).map(everything)
        for all in try onRanks(3, { try $0.gather(everything($0.rank)) }) { #expect(all == expected) }
        for all in try onRanks(3, { try $0.gather($0.rank == 1 ? nil : everything($0.rank)) }) {
            #expect(all == [expected[0], nil, expected[2]])
        }
    }

    /// Numbers keep their bits, which no decimal text does for those that are none.
    @Test func numbersKeepTheirBits() throws {
        let patterns: [UInt64] = [
            0, 1 << 63, 0x7FF8_0000_0000_0001, 0xFFF0_0000_0000_0000, 0x7FF4_DEAD_BEEF_0001, 1, 0x3FB9_9999_9999_999A,
        ]
        let all = try onRanks(2) { ranks in
            let own = patterns.map { Double(bitPattern: $0 ^ UInt64(ranks.rank)) }
            let single = try ranks.gather(own[2]).map(\.bitPattern)
            return (try ranks.gather(own).map { $0.map(\.bitPattern) }, single)
        }
        for (lists, single) in all {
            #expect(lists == [patterns, patterns.map { $0 ^ 1 }])
            #expect(single == [patterns[2], patterns[2] ^ 1])
        }
        let whole = [Int64.min, .max, -1]
        for lists in try onRanks(2, { try $0.gather(whole) }) { #expect(lists == [whole, whole]) }
        let floats: [UInt32] = [0x7FA0_0001, 0x8000_0000, 1]
        for lists in try onRanks(2, { try $0.gather(floats.map { Float(bitPattern: $0) }) }) {
            #expect(lists.map { $0.map(\.bitPattern) } == [floats, floats])
        }
    }

    @Test func emptyAndUnevenListsStayApart() throws {
        for all in try onRanks(3, { try $0.gather([String](repeating: "", count: $0.rank)) }) {
            #expect(all == [[], [""], ["", ""]])
        }
    }
}
