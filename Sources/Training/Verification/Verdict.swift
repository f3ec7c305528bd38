import ConvolutionEngine

/// How a run of a golden case compares with its figures and with PyTorch's float32, group by group.
package struct Verdict: Sendable {
    /// One measure of one group.
    package struct Row: Sendable {
        package let group: String
        package let measure: String
        /// How far we stray, and how far PyTorch's float32 does.
        package let ours: Double
        package let pytorch: Double
        package let allowed: Double

        package var passes: Bool { ours <= allowed }
    }

    package let rows: [Row]

    package var passes: Bool { rows.allSatisfy(\.passes) }

    /// - Parameter choice: how the run's convolutions were computed; faster algorithms round more, and may stray more.
    package init(_ golden: GoldenCase, _ digests: GoldenDigests, choice: ConvolutionChoice = .direct) {
        // How many times PyTorch's error is allowed, and what is allowed where that is smaller.
        let (factor, floor) = choice == .direct ? (4.0, 1e-6) : (20.0, 1e-5)
        var rows: [Row] = []
        func add(_ group: String, _ measure: String, _ ours: Double, _ pytorch: Double) {
            rows.append(
                Row(
                    group: group, measure: measure, ours: ours, pytorch: pytorch,
                    allowed: max(factor * pytorch, floor)))
        }
        func add(
            _ group: String, _ actual: [String: TensorDigest], _ expected: [String: TensorDigest],
            _ pytorch: GoldenCase.Yardstick
        ) {
            let own = GoldenCase.Yardstick(actual: actual, expected: expected)
            add(group, "samples", own.samples, pytorch.samples)
            add(group, "samples_median", own.samplesMedian, pytorch.samplesMedian)
            add(group, "norm", own.norm, pytorch.norm)
        }
        add("loss", "loss", Self.lossError(golden.loss, digests.loss), golden.float32.loss)
        add("gradient", digests.gradient, golden.gradient, golden.float32.gradient)
        add("update_first", digests.updateFirst, golden.updateFirst, golden.float32.updateFirst)
        add("update", digests.update, golden.update, golden.float32.update)
        add("running", digests.running, golden.running, golden.float32.running)
        add("output", digests.output, golden.output, golden.float32.output)
        self.rows = rows
    }

    private static func lossError(_ expected: [[String: Double]], _ actual: [[String: Double]]) -> Double {
        guard expected.count == actual.count else { return .infinity }
        var worst = 0.0
        for (target, own) in zip(expected, actual) {
            for (task, value) in target {
                let error = abs((own[task] ?? .nan) - value) / abs(value)
                worst = error.isNaN ? .infinity : max(worst, error)
            }
        }
        return worst
    }
}
