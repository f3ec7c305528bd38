import Training

extension ScalingReport {
    /// The figures for a person.
    package var text: String {
        func number(_ value: Double?, _ digits: Int) -> String {
            value.map { Figure.fixed($0, digits: digits) } ?? "-"
        }
        func percent(_ value: Double?) -> String { value.map { number(100 * $0, 1) + " %" } ?? "-" }
        func milliseconds(_ seconds: Double?) -> String { number(seconds.map { $0 * 1e3 }, 1) }
        var times = TextTable(columns: [
            "scaling", "ranks", "batch", "images/s", "of fewest ranks", "side by side", "of lone rank", "ms",
            "computing",
            "exposed", "batch norm", "data",
        ])
        var details = TextTable(columns: [
            "scaling", "ranks", "lone ms", "side by side ms", "plain ms", "reduction's cost", "MB sent", "gradients",
            "by formula", "sums", "predicted ms", "predicted/measured",
        ])
        for row in rows {
            let (trial, shares) = (row.trial, row.trial.shares)
            times.add([
                row.mode.rawValue, "\(trial.ranks)", "\(trial.batch)", number(trial.imagesPerSecond, 2),
                percent(row.scalingEfficiency), percent(trial.efficiency), percent(trial.efficiencyAgainstLone),
                milliseconds(shares.secondsPerStep), milliseconds(shares.computingSeconds),
                milliseconds(shares.exposedCommunicationSeconds),
                milliseconds(shares.batchNormSynchronizationSeconds), milliseconds(shares.dataWaitSeconds),
            ])
            func megabytes(_ bytes: Double?) -> String { number(bytes.map { $0 / 1e6 }, 3) }
            details.add([
                row.mode.rawValue, "\(trial.ranks)", milliseconds(trial.loneSecondsPerStep),
                milliseconds(trial.sideBySideSecondsPerStep), milliseconds(trial.plainSecondsPerStep),
                percent(trial.costOfReduction), megabytes(trial.bytesSentPerStep),
                megabytes(trial.gradientBytesSentPerStep), megabytes(trial.expectedGradientBytesPerStep),
                megabytes(trial.sumBytesSentPerStep), milliseconds(trial.predictedSecondsPerStep),
                number(trial.predictionRatio, 3),
            ])
        }
        let threads =
            rows.first.map { "\(Figure.number($0.trial.threads, "thread")) per rank, \($0.trial.isa), " } ?? ""
        let head =
            "\(threads)medians of \(rows.first?.trial.rounds ?? 0) interleaved rounds; efficiency against the fewest "
            + "ranks, against as many that run side by side, and against one alone"
        return [head, times.text, details.text].joined(separator: "\n\n")
    }
}
