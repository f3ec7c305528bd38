import Foundation
import ProgramTesting
import Testing

/// Winograd's rounding does not change what is learned: the demonstration's curves with the fastest algorithms stay
/// within what another seed changes.
@Suite struct CurveTests {
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["MODULOR_LONG_TESTS"] != nil,
            "eight trainings, with launch/test --long only"))
    func directAndFastestConvolutionsAgreeWithinTheSpreadOfSeeds() throws {
        let seeds = 1...4
        let direct = try seeds.map { try curve(seed: $0, convolution: "direct") }
        let fastest = try seeds.map { try curve(seed: $0, convolution: "auto") }

        #expect(direct[0].count == 9)  // three metrics after 100, 200 and 300 steps
        for point in direct[0].keys.sorted() {
            let values = try direct.map { try #require($0[point]) }
            let others = try fastest.map { try #require($0[point]) }
            let spread = try #require(values.max()) - (try #require(values.min()))
            let difference = (others.reduce(0, +) - values.reduce(0, +)) / Double(seeds.count)
            print("\(point): direct \(values), auto \(others), mean difference \(difference), spread \(spread)")
            // The mean of four differences of two independent runs has 0.7 standard deviations of a run; four runs
            // span 2.1 of them on average.
            #expect(abs(difference) <= spread, "\(point)")
        }
    }

    /// The validation metrics of a training of the demonstration, by step and name.
    private func curve(seed: Int, convolution: String) throws -> [String: Double] {
        try withTemporaryFolder { folder in
            let trained = try Program.run(
                [
                    "train", Program.repository.appendingPathComponent("launch/recipes/demo.yaml").path, "--output",
                    folder.path, "--convolution", convolution, "--set", "training.iterations=300", "--set",
                    "training.validate_every=100", "--set", "training.seed=\(seed)",
                ], seconds: 600)
            try #require(trained.status == 0, "\(trained.errors)")
            var values: [String: Double] = [:]
            for line in trained.errors.split(separator: "\n") + trained.output.split(separator: "\n") {
                guard let match = line.wholeMatch(of: /validation after step (\d+): (.*)/) else { continue }
                for part in match.2.split(separator: ", ") {
                    let words = part.split(separator: " ")
                    let value = try #require(Double(words[2].prefix { $0.isNumber || $0 == "." }))
                    values["\(words[0]) \(words[1]) after \(match.1) steps"] = value
                }
            }
            return values
        }
    }
}
