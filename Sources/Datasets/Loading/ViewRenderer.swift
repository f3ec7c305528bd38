/// Writes what a ``SampleView`` shows of pictures and label maps, pixel by pixel of the frame, straight from the
/// source: the scaled picture never exists as a whole.
///
/// The conventions are those of the paper's reference program:
/// - linear (picture, directions, distances, values): source coordinate (i + 0.5) · old / new - 0.5, clamped at the
///   borders, without smoothing; float32; vectors are not normalized again, and unknown values are mixed in like any
///   other (an unknown number of kind `value` is NaN, and so is what it has a part in);
/// - nearest (classes, scores): source index floor(i · (1 / (new / old))), both quotients in float64;
/// - around the picture 123, 116, 103 (RGB) and the task's unknown label;
/// - distances divided by the scale, and values as their task says; x of directions negated in a mirrored view, and
///   values multiplied by their task's factors;
/// - the resized picture is truncated to whole levels before it is normalized.
///
/// A renderer keeps its tables between calls, so each worker has its own.
package struct ViewRenderer {
    private static let paddingLevels: [Float] = [123, 116, 103]

    private let normalization: ImageNormalization
    private var rows: [LinearTap] = []
    private var columns: [LinearTap] = []
    private var nearestColumns: [Int] = []

    package init(normalization: ImageNormalization = .imageNet) {
        self.normalization = normalization
    }

    /// Writes the network's input: frame height x frame width x 3, normalized.
    package mutating func renderImage(_ image: PixelMap, view: SampleView, to target: UnsafeMutablePointer<Float>) {
        precondition(image.channels == 3, "a picture has three channels")
        let padding = (0..<3).map { normalization.value(ofLevel: Self.paddingLevels[$0], channel: $0) }
        fillPadding(padding, view: view, in: target)
        renderLinear(image, view: view, to: target)
        normalization.table.withUnsafeBufferPointer { table in
            forEachCoveredRun(of: view, channels: 3) { start, count in
                var position = start
                while position < start + count {
                    for channel in 0..<3 {
                        let level = ImageNormalization.byte(target[position + channel])
                        target[position + channel] = table[256 * channel + Int(level)]
                    }
                    position += 3
                }
            }
        }
    }

    /// Writes a label map of `task`: frame height x frame width x label channels.
    package mutating func renderLabels(
        _ labels: PixelMap, task: LearningTask, view: SampleView, to target: UnsafeMutablePointer<Float>
    ) {
        precondition(labels.channels == task.labelChannels, "a label map has its task's channels")
        fillPadding(Array(repeating: task.unknownLabel, count: labels.channels), view: view, in: target)
        switch task.kind.resizing {
        case .nearest: renderNearest(labels, view: view, to: target)
        case .linear: renderLinear(labels, view: view, to: target)
        }
        if view.isMirrored, let factors = task.factorsWhenMirrored { multiply(by: factors, view: view, in: target) }
        if view.scale != 1 { scale(task.scalingWhenEnlarged, channels: labels.channels, view: view, in: target) }
    }

    /// 0 - x and not -x, so that an unknown vector stays free of negative zeros.
    private func multiply(by factors: [Float], view: SampleView, in target: UnsafeMutablePointer<Float>) {
        forEachCoveredRun(of: view, channels: factors.count) { start, count in
            for (channel, factor) in factors.enumerated() where factor != 1 {
                for position in stride(from: start + channel, to: start + count, by: factors.count) {
                    target[position] = factor == -1 ? 0 - target[position] : factor * target[position]
                }
            }
        }
    }

    private func scale(
        _ scaling: ValueScaling, channels: Int, view: SampleView, in target: UnsafeMutablePointer<Float>
    ) {
        let scale = Float(view.scale)
        let factor: (Float) -> Float
        switch scaling {
        case .none: return
        case .multiply: factor = { $0 * scale }
        case .divide: factor = { $0 / scale }
        }
        forEachCoveredRun(of: view, channels: channels) { start, count in
            for position in start..<start + count { target[position] = factor(target[position]) }
        }
    }

    // MARK: resizing

    private mutating func renderLinear(_ source: PixelMap, view: SampleView, to target: UnsafeMutablePointer<Float>) {
        precondition(source.height == view.sourceHeight && source.width == view.sourceWidth, "a view fits its map")
        LinearTap.fill(&rows, scaled: view.scaledHeight, source: view.sourceHeight)
        LinearTap.fill(&columns, scaled: view.scaledWidth, source: view.sourceWidth)
        let channels = source.channels
        let rowStride = source.width * channels
        source.values.withUnsafeBufferPointer { values in
            for row in view.coveredRows {
                let vertical = rows[row - view.top]
                let upper = values.baseAddress! + vertical.first * rowStride
                let lower = values.baseAddress! + vertical.second * rowStride
                for column in view.coveredColumns {
                    let horizontal = columns[column - view.left]
                    let position = (row * view.frameWidth + view.frameColumn(column)) * channels
                    let first = horizontal.first * channels
                    let second = horizontal.second * channels
                    for channel in 0..<channels {
                        let above = horizontal.mix(upper[first + channel], upper[second + channel])
                        let below = horizontal.mix(lower[first + channel], lower[second + channel])
                        target[position + channel] = vertical.mix(above, below)
                    }
                }
            }
        }
    }

    private mutating func renderNearest(_ source: PixelMap, view: SampleView, to target: UnsafeMutablePointer<Float>) {
        precondition(source.height == view.sourceHeight && source.width == view.sourceWidth, "a view fits its map")
        let channels = source.channels
        nearestColumns.removeAll(keepingCapacity: true)
        for column in view.coveredColumns {
            nearestColumns.append(
                Self.nearestIndex(column - view.left, scaled: view.scaledWidth, source: source.width) * channels)
        }
        source.values.withUnsafeBufferPointer { values in
            for row in view.coveredRows {
                let sourceRow = Self.nearestIndex(row - view.top, scaled: view.scaledHeight, source: source.height)
                let line = values.baseAddress! + sourceRow * source.width * channels
                for (offset, column) in view.coveredColumns.enumerated() {
                    let position = (row * view.frameWidth + view.frameColumn(column)) * channels
                    for channel in 0..<channels {
                        target[position + channel] = line[nearestColumns[offset] + channel]
                    }
                }
            }
        }
    }

    /// Whole-number arithmetic, i · old div new, differs from this in one or two rows or columns at a few sizes.
    static func nearestIndex(_ index: Int, scaled: Int, source: Int) -> Int {
        let step = 1 / (Double(scaled) / Double(source))
        return min(Int((Double(index) * step).rounded(.down)), source - 1)
    }

    // MARK: the frame

    private func fillPadding(_ values: [Float], view: SampleView, in target: UnsafeMutablePointer<Float>) {
        let coversFrame =
            view.coveredRows.count == view.frameHeight && view.coveredColumns.count == view.frameWidth
        guard !coversFrame else { return }
        for pixel in 0..<view.frameHeight * view.frameWidth {
            for (channel, value) in values.enumerated() {
                target[pixel * values.count + channel] = value
            }
        }
    }

    /// Calls `body` with the first value and the number of values of every row's covered part.
    private func forEachCoveredRun(of view: SampleView, channels: Int, _ body: (Int, Int) -> Void) {
        guard !view.coveredColumns.isEmpty else { return }
        let first = min(
            view.frameColumn(view.coveredColumns.lowerBound), view.frameColumn(view.coveredColumns.upperBound - 1))
        for row in view.coveredRows {
            body((row * view.frameWidth + first) * channels, view.coveredColumns.count * channels)
        }
    }
}

/// Where a linear resize reads one row or column: two source indices and the share of the second.
private struct LinearTap {
    var first: Int
    var second: Int
    var share: Float

    /// Of NaN, which is unknown, no share is no harm.
    func mix(_ a: Float, _ b: Float) -> Float {
        share == 0 && b.isNaN ? a : a * (1 - share) + b * share
    }

    static func fill(_ taps: inout [LinearTap], scaled: Int, source: Int) {
        taps.removeAll(keepingCapacity: true)
        let step = Double(source) / Double(scaled)
        for index in 0..<scaled {
            let coordinate = min(max((Double(index) + 0.5) * step - 0.5, 0), Double(source - 1))
            let first = Int(coordinate)
            taps.append(
                LinearTap(
                    first: first, second: min(first + 1, source - 1), share: Float(coordinate - Double(first))))
        }
    }
}

extension SampleView {
    /// Rows of the frame that the picture covers.
    var coveredRows: Range<Int> {
        let first = min(max(top, 0), frameHeight)
        return first..<max(first, min(top + scaledHeight, frameHeight))
    }

    /// Columns of the frame, before mirroring, that the picture covers.
    var coveredColumns: Range<Int> {
        let first = min(max(left, 0), frameWidth)
        return first..<max(first, min(left + scaledWidth, frameWidth))
    }

    /// Where a column lies once the frame was mirrored, if it is.
    func frameColumn(_ column: Int) -> Int {
        isMirrored ? frameWidth - 1 - column : column
    }
}
