import Configuration
import Datasets
import Foundation
import Networks
import TensorCore

/// A few training steps of one network with the figures they must give, as read from a file.
package struct GoldenCase: Decodable, Sendable {
    /// The network and the steps.
    package struct Description: Decodable, Sendable {
        package var depth: Int
        package var width: Int
        package var method: String
        package var tasks: [String]
        package var outputStride: Int
        package var aspp: Int
        package var low: Int
        package var batch: Int
        package var imageHeight: Int
        package var imageWidth: Int
        package var steps: Int
        package var lr: Double
        package var momentum: Double
        package var weightDecay: Double
        package var maxIter: Int
        package var weight: [String: Double]
    }

    /// How far a run strays, by group.
    package struct Yardstick: Codable, Sendable {
        package var samples: Double
        package var samplesMedian: Double
        package var norm: Double
    }

    /// How far PyTorch's float32 strays from the figures.
    package struct Reference: Decodable, Sendable {
        package var loss: Double
        package var gradient: Yardstick
        package var updateFirst: Yardstick
        package var update: Yardstick
        package var running: Yardstick
        package var output: Yardstick
    }

    package var `case`: Description
    package var loss: [[String: Double]]
    package var gradient: [String: TensorDigest]
    package var updateFirst: [String: TensorDigest]
    package var update: [String: TensorDigest]
    package var running: [String: TensorDigest]
    package var output: [String: TensorDigest]
    package var float32: Reference

    /// - Throws: `VerificationError` that names the file and what is wrong with it.
    package static func read(_ path: String) throws(VerificationError) -> GoldenCase {
        do {
            return try JSONDecoder().decode(GoldenCase.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch is CocoaError {
            throw VerificationError("\(path) cannot be read; check that it is there, and that you may read it")
        } catch {
            throw VerificationError(
                "\(path): this is no file of expected figures; see `modulor verify --help` for its form")
        }
    }

    /// Tensor names are dictionary keys, so the snake-case keys are spelled out rather than converted.
    private enum CodingKeys: String, CodingKey {
        case `case`, loss, gradient, updateFirst = "update_first", update, running, output, float32
    }
}

extension GoldenCase.Description {
    private enum CodingKeys: String, CodingKey {
        case depth, width, method, tasks, outputStride = "output_stride", aspp, low, batch
        case imageHeight = "image_height", imageWidth = "image_width", steps, lr, momentum
        case weightDecay = "weight_decay", maxIter = "max_iter", weight
    }

    /// - Throws: `VerificationError` where the case asks for something that does not exist.
    package func model() throws(VerificationError) -> ModelSettings {
        guard let backbone = ModelSettings.Backbone(rawValue: "resnet\(depth)") else {
            throw VerificationError("a case asks for depth \(depth); there are 18, 34 and 50")
        }
        guard let method = ModelSettings.Method(rawValue: method == "rcm_nff" ? "rcm" : method) else {
            throw VerificationError(
                "a case asks for method \(self.method); there are conv, rcm, rcm_nff, ra_series and ra_parallel")
        }
        guard outputStride == 8 || outputStride == 16 else {
            throw VerificationError("a case asks for output stride \(outputStride); there are 8 and 16")
        }
        return ModelSettings(
            backbone: backbone, width: width, outputStride: outputStride, method: method,
            normalizedFeatureFusion: self.method == "rcm_nff", aspp: aspp, low: low)
    }

    package func heads() throws(VerificationError) -> [TaskHead] {
        var heads: [TaskHead] = []
        for name in tasks {
            guard let task = LearningTask.preset(name) else {
                let known = LearningTask.presets.map(\.name).joined(separator: ", ")
                throw VerificationError("a case asks for task \(name); there are \(known)")
            }
            heads.append(TaskHead(task, channels: task.outputChannels(classes: task == .semseg ? 21 : 7)))
        }
        return heads
    }
}

extension GoldenCase.Yardstick {
    private enum CodingKeys: String, CodingKey {
        case samples, samplesMedian = "samples_median", norm
    }
}

extension GoldenCase.Reference {
    private enum CodingKeys: String, CodingKey {
        case loss, gradient, updateFirst = "update_first", update, running, output
    }
}

/// What is wrong with a verification's input, in one sentence.
package struct VerificationError: RequestError {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
