import ConvolutionEngine

/// What one sample takes on one thread, in milliseconds, by each algorithm that a pass may take.
///
/// As JSON an object of objects: `{"64>64 3x3 padding 1 at 128x128, forward": {"direct": 9.1, "winograd 4×4": 3.3}}`.
package struct ConvolutionTimings: Codable, Equatable, Sendable {
    package private(set) var milliseconds: [LayerPass: [ConvolutionAlgorithm: Double]]

    package init(_ milliseconds: [LayerPass: [ConvolutionAlgorithm: Double]] = [:]) {
        self.milliseconds = milliseconds
    }

    /// The algorithm that takes the least; of equals the first of the layer's candidates. nil where nothing is known.
    package func fastest(_ pass: LayerPass) -> ConvolutionAlgorithm? {
        milliseconds[pass].map { own in pass.layer.candidates.min { own[$0]! < own[$1]! }! }
    }

    /// Adds what `other` knows beside these.
    package mutating func add(_ other: ConvolutionTimings) {
        milliseconds.merge(other.milliseconds) { known, _ in known }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        milliseconds = [:]
        for (text, own) in try container.decode([String: [String: Double]].self) {
            guard let pass = LayerPass(text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(text)' is no pass of a layer")
            }
            var times: [ConvolutionAlgorithm: Double] = [:]
            for (name, time) in own where time > 0 {
                if let algorithm = ConvolutionAlgorithm(name) { times[algorithm] = time }
            }
            guard times.count == own.count, Set(times.keys) == Set(pass.layer.candidates) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(text)' lacks the time of an algorithm, or has one too many")
            }
            milliseconds[pass] = times
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let texts = milliseconds.map { pass, own in
            (pass.description, Dictionary(uniqueKeysWithValues: own.map { ($0.key.description, $0.value) }))
        }
        try container.encode(Dictionary(uniqueKeysWithValues: texts))
    }
}
