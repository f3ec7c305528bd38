import Foundation

/// Non-maximum suppression of an edge map: of every band of high scores only its crest stays.
///
/// As in Dollár and Zitnick, Fast Edge Detection Using Structured Forests (PAMI 2015), whose steps the boundary
/// benchmark takes before thresholds: the direction across an edge comes from the second differences of the smoothed map,
/// a pixel stays if it is not clearly below the map one pixel further on either side, and the picture's rim is faded
/// out. Directions are computed in Double, the map itself is float32; maps are row-major.
struct EdgeSuppression {
    let height: Int
    let width: Int

    /// The radius of the triangle filter that smooths, in pixels.
    private static let smoothing = 4
    /// So many times may a neighbour be larger.
    private static let tolerance: Float = 1.01
    /// Rows and columns that are faded at the picture's rim.
    private static let rim = 5

    func suppressed(_ scores: [Float]) -> [Float] {
        precondition(scores.count == height * width, "one score for each pixel")
        let angles = angles(of: smoothed(scores))
        var result = scores
        for row in 0..<height {
            for column in 0..<width {
                let score = scores[row * width + column]
                guard score != 0 else { continue }
                let angle = angles[row * width + column]
                let (across, down) = (cos(angle), sin(angle))
                let limit = score * Self.tolerance
                let (x, y) = (Float(column), Float(row))
                if limit < value(of: scores, x: x - across, y: y - down)
                    || limit < value(of: scores, x: x + across, y: y + down)
                {
                    result[row * width + column] = 0
                }
            }
        }
        fade(&result)
        return result
    }

    /// Filters with 1, 2 … r + 1 … 2, 1 along columns and rows; the map goes on as its mirror image.
    private func smoothed(_ scores: [Float]) -> [Double] {
        let radius = Self.smoothing
        let taps = (-radius...radius).map { Double(radius + 1 - abs($0)) / Double((radius + 1) * (radius + 1)) }
        func mirrored(_ index: Int, _ count: Int) -> Int {
            // The border pixel itself is repeated. A picture smaller than the filter is mirrored again.
            var index = index
            while index < 0 || index >= count { index = index < 0 ? -1 - index : 2 * count - 1 - index }
            return index
        }
        var rows = [Double](repeating: 0, count: scores.count)
        for row in 0..<height {
            for (offset, tap) in zip(-radius...radius, taps) {
                let source = mirrored(row + offset, height) * width
                for column in 0..<width { rows[row * width + column] += tap * Double(scores[source + column]) }
            }
        }
        var result = [Double](repeating: 0, count: scores.count)
        for (offset, tap) in zip(-radius...radius, taps) {
            for column in 0..<width {
                let source = mirrored(column + offset, width)
                for row in 0..<height { result[row * width + column] += tap * rows[row * width + source] }
            }
        }
        return result
    }

    /// The direction across the edge at every pixel, in radians of 0 ..< π, x to the right and y down.
    private func angles(of map: [Double]) -> [Float] {
        let (x, y) = (differences(map, alongRows: true), differences(map, alongRows: false))
        let xx = differences(x, alongRows: true)
        let (xy, yy) = (differences(y, alongRows: true), differences(y, alongRows: false))
        return map.indices.map { pixel in
            let sign: Double = xy[pixel] < 0 ? 1 : xy[pixel] > 0 ? -1 : 0
            let angle = atan(yy[pixel] * sign / (xx[pixel] + 1e-5))
            return Float(angle < 0 ? angle + .pi : angle)
        }
    }

    /// Central differences, one-sided at the ends.
    private func differences(_ map: [Double], alongRows: Bool) -> [Double] {
        let (count, step) = alongRows ? (width, 1) : (height, width)
        var result = [Double](repeating: 0, count: map.count)
        guard count > 1 else { return result }
        for pixel in map.indices {
            let place = alongRows ? pixel % width : pixel / width
            if place == 0 {
                result[pixel] = map[pixel + step] - map[pixel]
            } else if place == count - 1 {
                result[pixel] = map[pixel] - map[pixel - step]
            } else {
                result[pixel] = (map[pixel + step] - map[pixel - step]) / 2
            }
        }
        return result
    }

    /// The map between pixels, bilinearly.
    @inline(__always)
    private func value(of map: [Float], x: Float, y: Float) -> Float {
        let x = max(0, min(x, Float(width) - 1.001))
        let y = max(0, min(y, Float(height) - 1.001))
        let (left, top) = (Int(x), Int(y))
        let (right, bottom) = (min(left + 1, width - 1), min(top + 1, height - 1))
        let (partRight, partBottom) = (x - Float(left), y - Float(top))
        return map[top * width + left] * (1 - partRight) * (1 - partBottom)
            + map[top * width + right] * partRight * (1 - partBottom)
            + map[bottom * width + left] * (1 - partRight) * partBottom
            + map[bottom * width + right] * partRight * partBottom
    }

    /// Multiplies the outer rows and columns by 0, 1/5 … 4/5, from the rim inwards.
    private func fade(_ map: inout [Float]) {
        let rim = min(Self.rim, width / 2, height / 2)
        for distance in 0..<rim {
            let factor = Float(distance) / Float(rim)
            for row in 0..<height {
                map[row * width + distance] *= factor
                map[row * width + width - 1 - distance] *= factor
            }
            for column in 0..<width {
                map[distance * width + column] *= factor
                map[(height - 1 - distance) * width + column] *= factor
            }
        }
    }
}
