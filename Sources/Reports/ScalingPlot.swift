import Foundation
import Training

/// Images per second over ranks as an SVG of its own: measured, and as many ranks side by side.
package struct ScalingPlot {
    private static let (width, height) = (640.0, 400.0)
    private static let (left, right, top, bottom) = (64.0, 20.0, 44.0, 48.0)

    private let report: ScalingReport

    package init(_ report: ScalingReport) {
        self.report = report
    }

    package var svg: String {
        let most = Double(report.rows.map(\.trial.ranks).max() ?? 1)
        let highest = report.rows.flatMap { [$0.trial.imagesPerSecond, $0.trial.sideBySideImagesPerSecond] }.max() ?? 1
        func x(_ ranks: Double) -> Double {
            Self.left + ranks / most * (Self.width - Self.left - Self.right)
        }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - value / (1.08 * highest) * (Self.height - Self.top - Self.bottom)
        }
        var parts: [String] = []
        func text(_ words: String, _ x: Double, _ y: Double, _ anchor: String = "middle", fill: String = "#444") {
            parts.append(
                "<text x=\"\(Self.place(x))\" y=\"\(Self.place(y))\" text-anchor=\"\(anchor)\" fill=\"\(fill)\">"
                    + "\(escaped(words))</text>")
        }
        for share in stride(from: 0.0, through: 1, by: 0.25) {
            let value = highest * share
            parts.append(
                "<path stroke=\"#ddd\" d=\"M\(Self.place(Self.left)) \(Self.place(y(value)))H\(Self.place(Self.width - Self.right))\"/>"
            )
            text(String(format: "%.3g", value), Self.left - 8, y(value) + 4, "end")
        }
        for ranks in Set(report.rows.map(\.trial.ranks)).sorted() {
            text("\(ranks)", x(Double(ranks)), Self.height - Self.bottom + 20)
        }
        text("ranks", (Self.left + Self.width - Self.right) / 2, Self.height - 8)
        text("images per second", Self.left, 20, "start")
        func line(_ points: [(Int, Double)], _ color: String, dashes: String = "") {
            let path = points.enumerated().map { place, point in
                "\(place == 0 ? "M" : "L")\(Self.place(x(Double(point.0)))) \(Self.place(y(point.1)))"
            }.joined()
            parts.append("<path fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" \(dashes) d=\"\(path)\"/>")
            parts += points.map {
                "<circle fill=\"\(color)\" cx=\"\(Self.place(x(Double($0.0))))\" cy=\"\(Self.place(y($0.1)))\" r=\"4\"/>"
            }
        }
        for (place, mode) in ScalingReport.Mode.allCases.enumerated() {
            let color = mode == .weak ? "#1f6fb4" : "#c2571a"
            let rows = report.rows.filter { $0.mode == mode }
            line(
                rows.map { ($0.trial.ranks, $0.trial.sideBySideImagesPerSecond) }, color,
                dashes: "stroke-dasharray=\"4 4\" opacity=\"0.5\"")
            line(rows.map { ($0.trial.ranks, $0.trial.imagesPerSecond) }, color)
            text(
                "\(mode.rawValue) scaling (dashed: side by side)", Self.width - Self.right, 20 + 16 * Double(place),
                "end",
                fill: color)
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
            font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>\
            \(parts.joined(separator: "\n"))</svg>

            """
    }

    private static func place(_ coordinate: Double) -> String { String(format: "%.1f", coordinate) }
}
