import Datasets
import Foundation
import Testing

/// Rooms must not be solvable pixel by pixel: a network has to look at shapes.
@Suite("Rooms: what colour alone tells")
struct RoomsColourClassifierTests {
    static let size = 48
    static let trainingCount = 400
    static let validationCount = 150

    /// Pixels that look alike: the same quantized colour, in the same band of rows.
    struct Bins {
        let levels: Int
        let bands: Int
        var count: Int { levels * levels * levels * bands }

        func index(_ image: [Float], pixel: Int) -> Int {
            var bin = 0
            for channel in 0..<3 {
                bin = bin * levels + min(Int(image[pixel * 3 + channel] * Float(levels) / 256), levels - 1)
            }
            return bin * bands + (pixel / size) * bands / size
        }
    }

    /// What the training pixels of every bin had for labels; bin `count` collects all pixels: the constant predictor.
    struct Fit {
        var classes: [[Int]]
        var normals: [SIMD3<Double>]
        var depth: [(sum: Double, count: Int)]

        init(bins: Int, classes classCount: Int) {
            classes = Array(repeating: Array(repeating: 0, count: classCount), count: bins + 1)
            normals = Array(repeating: .zero, count: bins + 1)
            depth = Array(repeating: (0, 0), count: bins + 1)
        }
    }

    struct Score {
        var intersection: [Int]
        var union: [Int]
        var angle = 0.0
        var squaredError = 0.0
        var pixels = 0.0

        init(classes: Int) {
            intersection = Array(repeating: 0, count: classes)
            union = intersection
        }

        var meanIoU: Double {
            zip(intersection, union).map { Double($0) / Double(max($1, 1)) }.reduce(0, +) / Double(union.count)
        }
        var meanAngle: Double { angle / pixels }
        var rootMeanSquare: Double { (squaredError / pixels).squareRoot() }
    }

    /// The demo's bar is 30 % of the way from the constant predictor to a perfect score: at least 0.3 of the missing mIoU,
    /// at most 0.7 of the errors. Colour has to stay clearly below it.
    @Test("colour, even with the height in the picture, stays below the demo's bar", arguments: [(8, 1), (4, 12)])
    func belowTheBar(levels: Int, bands: Int) throws {
        let (constant, colour) = try Self.scores(Bins(levels: levels, bands: bands))
        let progress = (colour.meanIoU - constant.meanIoU) / (1 - constant.meanIoU)
        let angle = colour.meanAngle / constant.meanAngle
        let depth = colour.rootMeanSquare / constant.rootMeanSquare
        #expect(progress < 0.15)
        #expect(angle > (bands == 1 ? 0.95 : 0.73))
        #expect(depth > (bands == 1 ? 0.95 : 0.8))
    }

    /// Scores of the constant predictor and of the best prediction per bin, on pictures that were not fitted.
    static func scores(_ bins: Bins) throws -> (constant: Score, colour: Score) {
        let tasks: [LearningTask] = [.semseg, .normals, .depth]
        let training = Rooms(seed: 21, first: 0, count: trainingCount, height: size, width: size)
        let validation = Rooms(seed: 21, first: 1_000_000, count: validationCount, height: size, width: size)
        let classCount = training.classNames(of: .semseg).count
        let everything = bins.count
        var fit = Fit(bins: bins.count, classes: classCount)
        for index in 0..<training.count {
            let sample = training.sample(at: index, tasks: tasks)
            let classes = try #require(sample.labels[.semseg]).values
            let normals = try #require(sample.labels[.normals]).values
            let depth = try #require(sample.labels[.depth]).values
            for pixel in 0..<size * size {
                let normal = SIMD3(
                    Double(normals[pixel * 3]), Double(normals[pixel * 3 + 1]), Double(normals[pixel * 3 + 2]))
                for bin in [bins.index(sample.image.values, pixel: pixel), everything] {
                    fit.classes[bin][Int(classes[pixel])] += 1
                    fit.normals[bin] += normal
                    fit.depth[bin].sum += Double(depth[pixel])
                    fit.depth[bin].count += 1
                }
            }
        }
        var constant = Score(classes: classCount)
        var colour = Score(classes: classCount)
        for index in 0..<validation.count {
            let sample = validation.sample(at: index, tasks: tasks)
            let classes = try #require(sample.labels[.semseg]).values
            let normals = try #require(sample.labels[.normals]).values
            let depth = try #require(sample.labels[.depth]).values
            for pixel in 0..<size * size {
                let normal = SIMD3(
                    Double(normals[pixel * 3]), Double(normals[pixel * 3 + 1]), Double(normals[pixel * 3 + 2]))
                let truth = Int(classes[pixel])
                let own = bins.index(sample.image.values, pixel: pixel)
                // Colours never met are given the constant.
                let bin = fit.depth[own].count > 0 ? own : everything
                add(fit, everything, truth, normal, Double(depth[pixel]), to: &constant)
                add(fit, bin, truth, normal, Double(depth[pixel]), to: &colour)
            }
        }
        return (constant, colour)
    }

    static func add(
        _ fit: Fit, _ bin: Int, _ truth: Int, _ normal: SIMD3<Double>, _ depth: Double, to score: inout Score
    ) {
        var predicted = 0
        for candidate in fit.classes[bin].indices where fit.classes[bin][candidate] > fit.classes[bin][predicted] {
            predicted = candidate
        }
        score.union[truth] += 1
        if predicted == truth {
            score.intersection[truth] += 1
        } else {
            score.union[predicted] += 1
        }
        let mean = fit.normals[bin]
        let cosine = (mean * normal).sum() / max((mean * mean).sum().squareRoot(), 1e-12)
        score.angle += acos(min(max(cosine, -1), 1)) * 180 / .pi
        let error = fit.depth[bin].sum / Double(fit.depth[bin].count) - depth
        score.squaredError += error * error
        score.pixels += 1
    }
}
