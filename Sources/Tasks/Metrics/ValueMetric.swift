import Datasets

/// Errors of 1 … n channels of any real numbers, in the labels' unit. A label that is no number is unknown, each channel by
/// itself.
///
/// With e = p − t, the prediction less the truth:
///
/// | figure | formula |
/// |---|---|
/// | `rmse`, `mae` | √ mean e², mean abs(e) over all known values of all channels |
/// | `r2` | the mean over channels of R² = 1 − Σ e² / Σ (t − mean t)², with the mean over the set |
/// | `end_point_error` | of 2 channels or more: the mean of √ Σ e² over the channels, at pixels where all are known |
///
/// R² is that of scikit-learn's `r2_score`, whose mean over channels is `uniform_average`: where all truths are equal it is 1
/// for no error at all, else 0, and fewer than two known values have none. Such a channel is left out of `r2`. A
/// prediction that is no number spoils all figures of its channel.
///
/// A sample's row holds of each channel its known values, Σ abs(e), Σ e², the mean of the truth and Σ (t − mean)², then the
/// pixels that are known as a whole and Σ √ Σ e², each in row-major order. Means and squares of samples are joined in sample
/// order (Chan, Golub and LeVeque, 1979, equation 2.1), which loses nothing to cancellation.
struct ValueMetric: TaskMetric {
    let channels: Int

    private static let columnsPerChannel = 5

    var outputChannels: Int { channels }
    var labelChannels: Int { channels }
    var emptyTally: MetricTally {
        MetricTally(counts: 0, columns: channels * ValueMetric.columnsPerChannel + 2)
    }

    private static let channelFigures = [
        MetricFigure("rmse", .label, .lower), MetricFigure("mae", .label, .lower), MetricFigure("r2", .share, .higher),
    ]

    var figures: [MetricFigure] {
        ValueMetric.channelFigures + (channels > 1 ? [MetricFigure("end_point_error", .label, .lower)] : [])
    }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        var rows = (0..<channels).map { channelRow(output: output, label: label, channel: $0) }
        let known = rows.reduce(0) { $0 + Int($1[0]) }
        guard known > 0 else { return }
        rows.append(endPoints(output: output, label: label))
        tally.addSample(pixels: known)
        tally.addRow(rows.flatMap { $0 }, sample: sample)
    }

    private func channelRow(output: MapView, label: MapView, channel: Int) -> [Double] {
        var (known, sum, errors, squares) = (0.0, 0.0, 0.0, 0.0)
        forEachKnown(output, label, channel) { prediction, truth in
            let error = prediction - truth
            known += 1
            sum += truth
            errors += abs(error)
            squares += error * error
        }
        let mean = known > 0 ? sum / known : 0
        var spread = 0.0
        forEachKnown(output, label, channel) { _, truth in spread += (truth - mean) * (truth - mean) }
        return [known, errors, squares, mean, spread]
    }

    @inline(__always)
    private func forEachKnown(
        _ output: MapView, _ label: MapView, _ channel: Int, _ body: (_ prediction: Double, _ truth: Double) -> Void
    ) {
        for row in 0..<label.height {
            let truths = label.row(row) + channel
            let predictions = output.row(row) + channel
            for column in 0..<label.width where !truths[column * channels].isNaN {
                body(Double(predictions[column * channels]), Double(truths[column * channels]))
            }
        }
    }

    private func endPoints(output: MapView, label: MapView) -> [Double] {
        var (known, sum) = (0.0, 0.0)
        for row in 0..<label.height {
            for column in 0..<label.width {
                let truth = label.row(row) + column * channels
                let prediction = output.row(row) + column * channels
                var squares = 0.0
                var isKnown = true
                for channel in 0..<channels {
                    isKnown = isKnown && !truth[channel].isNaN
                    let error = Double(prediction[channel]) - Double(truth[channel])
                    squares += error * error
                }
                guard isKnown else { continue }
                known += 1
                sum += squares.squareRoot()
            }
        }
        return [known, sum]
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        guard case .output(let map) = prediction else { preconditionFailure("values are saved as they are") }
        map.withView { add(output: $0, label: label, sample: sample, to: &tally) }
    }

    /// What is summed of one channel over the set.
    private struct Sums {
        var known = 0.0
        var errors = 0.0
        var squares = 0.0
        var mean = 0.0
        var spread = 0.0

        /// Joins one sample's row.
        mutating func add(_ row: ArraySlice<Double>) {
            let first = row.startIndex
            let (count, mean, spread) = (row[first], row[first + 3], row[first + 4])
            guard count > 0 else { return }
            let step = mean - self.mean
            self.spread += spread + step * step * known * count / (known + count)
            self.mean += step * count / (known + count)
            known += count
            errors += row[first + 1]
            squares += row[first + 2]
        }

        /// Nil with fewer than two known values.
        var determination: Double? {
            guard known > 1 else { return nil }
            if spread == 0 { return squares.isNaN ? .nan : squares == 0 ? 1 : 0 }
            return 1 - squares / spread
        }
    }

    private func sums(_ tally: MetricTally) -> [Sums] {
        let rows = tally.rowsInSampleOrder
        return (0..<channels).map { channel in
            rows.reduce(into: Sums()) { sums, row in
                sums.add(row.dropFirst(channel * ValueMetric.columnsPerChannel).prefix(ValueMetric.columnsPerChannel))
            }
        }
    }

    func values(_ tally: MetricTally) -> [Double] {
        let sums = sums(tally)
        let known = sums.reduce(0) { $0 + $1.known }
        let shares = sums.compactMap(\.determination)
        let values = [
            (sums.reduce(0) { $0 + $1.squares } / known).squareRoot(), sums.reduce(0) { $0 + $1.errors } / known,
            shares.reduce(0, +) / Double(shares.count),
        ]
        guard channels > 1 else { return values }
        let ends = tally.columnSums.suffix(2)
        return values + [ends.last! / ends.first!]
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? {
        guard channels > 1 else { return nil }
        let sums = sums(tally)
        return MetricBreakdown(
            .channels, figures: ValueMetric.channelFigures,
            values: sums.map { sums in
                guard sums.known > 0 else { return [nil, nil, nil] }
                return [(sums.squares / sums.known).squareRoot(), sums.errors / sums.known, sums.determination]
            }, known: sums.map { Int($0.known) })
    }
}
