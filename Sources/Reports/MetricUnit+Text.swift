import Foundation
import Tasks

extension MetricUnit {
    /// A value for people, with the unit where it has one.
    package func text(_ value: Double) -> String {
        switch self {
        case .share, .naturalLogarithm: String(format: "%.3f", value)
        case .degrees: String(format: "%.2f°", value)
        case .metres: String(format: "%.3f m", value)
        }
    }
}

/// Names of metrics as people write them.
enum MetricName {
    private static let words = ["iou": "IoU", "rmse": "RMSE", "rms": "RMS", "f": "F", "ods": "ODS", "ois": "OIS"]

    /// `mean_iou` as "mean IoU".
    static func title(_ name: String) -> String {
        name.split(separator: "_").map { words[String($0)] ?? String($0) }.joined(separator: " ")
    }
}
