import Datasets
import Foundation

extension TaskScore {
    /// Scores a prediction that was saved in a file.
    ///
    /// - Parameter label: of the prediction's size, as for `add(output:label:sample:)`.
    package mutating func add(stored prediction: StoredPrediction, label: MapView, sample: Int) {
        switch prediction {
        case .classes(let map): map.withView { add(predictedClasses: $0, label: label) }
        case .output(let map): map.withView { add(output: $0, label: label, sample: sample) }
        case .bytes(var map):
            for index in map.values.indices {
                map.values[index] =
                    task.kind == .direction ? 2 * map.values[index] / 255 - 1 : score(ofByte: map.values[index])
            }
            map.withView { add(output: $0, label: label, sample: sample, isEncoded: true) }
        }
    }

    /// A score that this convention makes the same byte of; without bytes, the one of the probability byte / 255.
    private func score(ofByte byte: Float) -> Float {
        // Truncation needs a probability above the byte's own, or rounding errors would make it the one below.
        let probability = min((Double(byte) + (convention.byteRounding == .truncated ? 0.5 : 0)) / 255, 1)
        return Float(log(probability / (1 - probability)))
    }
}
