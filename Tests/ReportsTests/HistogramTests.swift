import Testing
import Training

@Suite struct HistogramTests {
    private func made(_ values: [Float], intervals: Int = 4) -> Histogram? {
        values.withUnsafeBufferPointer { Histogram($0, intervals: intervals) }
    }

    @Test("every value is counted once, in its interval")
    func counts() throws {
        let histogram = try #require(made([0, 1, 1.5, 2, 4, 3.9, 0.5]))
        #expect(histogram.counts == [2, 2, 1, 2])
        #expect(histogram.limits == [1, 2, 3, 4])
        #expect(histogram.smallest == 0 && histogram.largest == 4 && histogram.count == 7)
        #expect(abs(histogram.sum - 12.9) < 1e-6 && abs(histogram.sumOfSquares - 38.71) < 1e-5)
    }

    @Test("one value, and values that are no numbers")
    func special() throws {
        let single = try #require(made([3, 3]))
        #expect(single.counts == [2, 0, 0, 0] && single.limits.last == 3)
        #expect(try #require(made([.nan, 1, .infinity, 2])).count == 2)
        #expect(made([.nan]) == nil && made([]) == nil)
    }
}
