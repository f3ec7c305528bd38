import Datasets
import Foundation
import Tasks

/// Reads `Fixtures/NAME.npy`: rows × columns or rows × columns × channels of uint8 or float32, as maps of float32.
func fixtureMap(_ name: String) throws -> PixelMap {
    let url = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/\(name).npy")
    guard let url else { throw FixtureError(name: name) }
    let bytes = [UInt8](try Data(contentsOf: url))
    let headerEnd = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
    let header = String(decoding: bytes[10..<headerEnd], as: UTF8.self)
    guard header.contains("'fortran_order': False"), let open = header.firstIndex(of: "("),
        let close = header.firstIndex(of: ")")
    else { throw FixtureError(name: name) }
    let shape = header[header.index(after: open)..<close].split(separator: ",").compactMap {
        Int($0.trimmingCharacters(in: .whitespaces))
    }
    let data = bytes[headerEnd...]
    let values: [Float]
    if header.contains("'|u1'") {
        values = data.map(Float.init)
    } else if header.contains("'<f4'") {
        values = stride(from: data.startIndex, to: data.endIndex, by: 4).map { index in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[index + $1]) << (8 * UInt32($1)) })
        }
    } else {
        throw FixtureError(name: name)
    }
    return PixelMap(
        height: shape[0], width: shape[1], channels: shape.count > 2 ? shape[2] : 1, values: values)
}

struct FixtureError: Error {
    let name: String
}

extension TaskScore {
    /// Scores whole maps.
    mutating func add(_ output: PixelMap, _ label: PixelMap, sample: Int) {
        output.withView { output in
            label.withView { label in add(output: output, label: label, sample: sample) }
        }
    }

    mutating func add(predictedClasses: PixelMap, _ label: PixelMap) {
        predictedClasses.withView { prediction in
            label.withView { label in add(predictedClasses: prediction, label: label) }
        }
    }

    /// The value of the named figure.
    func value(_ name: String) throws -> Double {
        guard let result = results.first(where: { $0.name == name }) else { throw FixtureError(name: name) }
        return result.value
    }
}

/// Whether two figures agree to about six digits, which is what the references' float32 arithmetic leaves.
func agree(_ value: Double, _ expected: Double, within tolerance: Double = 2e-6) -> Bool {
    abs(value - expected) <= tolerance * max(abs(expected), 1e-3)
}
