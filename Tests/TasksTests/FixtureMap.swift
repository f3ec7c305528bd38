import Datasets
import Foundation
import Tasks

/// Made-up predictions and labels, of rows × columns or rows × columns × channels, by the name of the data set, the
/// picture and the task.
enum FixtureMap {
    /// The small data sets, predictions and figures that several rooms' tests read.
    static let shared = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("DatasetsTests/Fixtures").path

    static func prediction(_ set: String, _ picture: String, _ task: String) throws -> PixelMap {
        // The shared normals have their channels first.
        if task == "normals" { return try own(set, picture, "\(task)-prediction") }
        return try read("\(shared)/predictions/\(set.uppercased())_MT/\(task)/\(picture).npy")
    }

    static func label(_ set: String, _ picture: String, _ task: String) throws -> PixelMap {
        // The other labels lie there as pictures and as files of MATLAB.
        guard set == "nyud", ["depth", "normals"].contains(task) else { return try own(set, picture, "\(task)-label") }
        return try read("\(shared)/NYUD_MT_npy/\(task)/\(picture).npy")
    }

    private static func own(_ set: String, _ picture: String, _ name: String) throws -> PixelMap {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures")
        return try read(folder.appendingPathComponent("\(set)-\(picture)-\(name).npy").path)
    }

    private static func read(_ path: String) throws -> PixelMap {
        let array = try NumPyArray(path)
        return PixelMap(
            height: array.shape[0], width: array.shape[1], channels: array.shape.count > 2 ? array.shape[2] : 1,
            values: array.values)
    }
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
        label.withView { label in add(stored: .classes(predictedClasses), label: label, sample: 0) }
    }

    /// The intersection over union of every class, nil for one that occurs nowhere.
    var intersectionOverUnion: [Double?] { breakdown?.values(of: "iou") ?? [] }

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
