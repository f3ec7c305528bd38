import TensorCore
import Testing

/// The reference values are those of the published algorithms, computed by a program of its own.
@Suite struct RandomStreamTests {
    @Test(
        "a name is hashed as FNV-1a does",
        arguments: [
            ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
            ("rooms/è", 0x6d2b_09cd_459c_fdef),
        ] as [(String, UInt64)])
    func keys(name: String, key: UInt64) {
        #expect(RandomStream(name).key == key)
    }

    @Test("bits are SplitMix64's, in any order")
    func bits() {
        let published: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        let stream = RandomStream(key: 1_234_567)
        for index in published.indices.reversed() { #expect(stream.bits(UInt64(index)) == published[index]) }
    }

    @Test("values derive from the high bits")
    func values() {
        let stream = RandomStream("order")
        let high: [Float] = [10_973_657, 2_991_010, 13_800_033, 4_092_367, 2_748_093, 12_885_385]
        for (index, bits) in high.enumerated() {
            #expect(stream.unit(UInt64(index)) == bits * 0x1p-24)
            #expect(stream.signed(UInt64(index)) == bits * 0x1p-23 - 1)
        }
        #expect((0..<8).map { stream.integer($0, below: 10) } == [6, 1, 8, 2, 1, 7, 7, 4])
        #expect((0..<100).allSatisfy { stream.integer($0, below: 1) == 0 })
    }

    @Test("a substream has its own key")
    func substreams() {
        let stream = RandomStream("order")
        #expect(stream.substream(0).key == 0x90b6_5c9a_9234_3620)
        #expect(stream.substream(5).key == 0x3107_3fab_3e9f_9b66)
        #expect(stream.substream("flip").key == 0x8ba1_26cc_57fc_be9a)
    }
}
