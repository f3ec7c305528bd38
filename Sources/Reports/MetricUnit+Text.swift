import Foundation
import Tasks

extension MetricUnit {
    /// A value for people, with the unit where it has one.
    package func text(_ value: Double) -> String {
        switch self {
        case .share, .naturalLogarithm, .ratio: String(format: "%.3f", value)
        case .degrees: String(format: "%.2f°", value)
        case .metres: String(format: "%.3f m", value)
        case .percent: String(format: "%+.2f %%", value)
        case .label: String(format: "%.4g", value)
        }
    }
}

/// Names of metrics as people write them.
enum MetricName {
    private static let words = [
        "iou": "IoU", "rmse": "RMSE", "rms": "RMS", "f": "F", "ods": "ODS", "ois": "OIS",
        "mae": "MAE", "r2": "R²", "silog": "SILog",
    ]

    /// `mean_iou` as "mean IoU".
    static func title(_ name: String) -> String {
        name.split(separator: "_").map { words[String($0)] ?? String($0) }.joined(separator: " ")
    }
}
