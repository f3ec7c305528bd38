import Collectives

/// What ranks hand to each other in one training step, in bytes: through the network, or through memory that they share.
/// Means over ranks; keys in JSON are these names in snake case.
package struct StepTraffic: Encodable, Sendable, Equatable {
    /// All that follows.
    package let bytesSentPerStep: Double
    /// Gradients, as they were counted.
    package let gradientBytesSentPerStep: Double
    /// Gradients, as the formula has it: `gradientBytes` × `factor`.
    package let expectedGradientBytesPerStep: Double
    /// Batch-norm sums, losses and counts.
    package let sumBytesSentPerStep: Double
    /// Messages through the network, of gradients and of sums; none where ranks share memory.
    package let gradientMessagesSentPerStep: Double
    package let sumMessagesSentPerStep: Double
    /// The gradients that a rank reduces. Gains, and where batch norm is global its scales and shifts, are not among
    /// them, since every rank has them in full.
    package let gradientBytes: Double
    /// 2 (R − 1) / R where every rank's samples are one subtree of the batch, and more where some are several.
    package let factor: Double
    /// 2 (R − 1) / R, the mean over groups of R ranks where there are several.
    package let leastFactor: Double

    /// What one rank counts.
    struct Share: Sendable {
        var gradientsSent = SentData()
        var sumsSent = SentData()
        var gradients = 0
        var traffic = ReductionTraffic(ranks: 1)

        /// In the order in which `StepTraffic` reads them.
        var values: [Double] {
            let bytes = Double(gradients)
            return [
                Double(gradientsSent.bytes), bytes * traffic.factor, Double(sumsSent.bytes), bytes,
                bytes * traffic.leastFactor, Double(gradientsSent.messages), Double(sumsSent.messages),
            ]
        }
    }

    /// - Parameter shares: the values of every rank.
    init(_ shares: [[Double]]) {
        let means = shares[0].indices.map { index in
            shares.reduce(0) { $0 + $1[index] } / Double(shares.count)
        }
        gradientBytesSentPerStep = means[0]
        expectedGradientBytesPerStep = means[1]
        sumBytesSentPerStep = means[2]
        bytesSentPerStep = means[0] + means[2]
        gradientBytes = means[3]
        (gradientMessagesSentPerStep, sumMessagesSentPerStep) = (means[5], means[6])
        factor = means[3] > 0 ? means[1] / means[3] : 0
        leastFactor = means[3] > 0 ? means[4] / means[3] : 0
    }
}
