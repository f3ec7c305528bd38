import Checkpoints
import Foundation
import Tasks

extension Study {
    /// Writes the plots as SVG files; those that need the single-task networks only where these are finished.
    ///
    /// - Returns: what they show, and their paths.
    @discardableResult
    package func writePlots(to folder: String) throws -> [(title: String, path: String)] {
        let plots = [
            ("Δm of each method", "delta", delta),
            ("Parameters against the number of tasks", "parameters", parameters),
            ("Δm while training", "convergence", convergence),
        ]
        return try plots.compactMap { title, name, svg in
            guard let svg else { return nil }
            let path = "\(folder)/study-\(name).svg"
            try AtomicFile.write(to: path) { try $0.write(svg) }
            return (title: title, path: path)
        }
    }

    private var delta: String? {
        let bars = rows.compactMap { row in
            row.relativeImprovementPercent.map {
                BarsPlot.Bar(
                    name: row.method.title, color: row.method.color, value: $0.mean, deviation: $0.deviation,
                    text: Self.signed($0.mean) + " %")
            }
        }
        return bars.isEmpty ? nil : BarsPlot(title: "Δm against single-task networks, in percent", bars: bars).svg
    }

    private var parameters: String? {
        CurvesPlot(
            title: "Parameters in millions, by the mean of the study's tasks", axis: "tasks",
            curves: rows.map { row in
                CurvesPlot.Curve(
                    name: row.method.title, color: row.method.color,
                    points: (1...10).map {
                        (Double($0), (row.sharedParameters + Double($0) * row.ownParametersPerTask) / 1e6)
                    })
            }, including: [0]
        ).svg
    }

    /// Δm of what was validated during training, against the last figures of the single-task networks.
    private var convergence: String? {
        guard let single = cells[.single], !single.isEmpty else { return nil }
        var baseline: [String: Double] = [:]
        for task in tasks {
            let last = single.compactMap { $0.courses[task]?.metric.points.last?.value }.filter(\.isFinite)
            guard last.count == single.count else { return nil }
            baseline[task] = Spread(last).mean
        }
        let curves = StudyMethod.allCases.compactMap { method -> CurvesPlot.Curve? in
            guard let cells = cells[method], let first = cells.first else { return nil }
            let courses = cells.map(\.courses)
            let steps = first.courses[tasks[0]].map { $0.values.keys.sorted() } ?? []
            let points = steps.compactMap { step -> (x: Double, y: Double)? in
                let gains = courses.compactMap { course in Self.gain(course, step: step, over: baseline) }
                return gains.count == courses.count ? (Double(step), Spread(gains).mean) : nil
            }
            return CurvesPlot.Curve(name: method.title, color: method.color, points: points)
        }
        return CurvesPlot(
            title: "Δm while training, in percent, against the single-task networks' last figures", axis: "step",
            curves: curves
        ).svg
    }

    private static func gain(
        _ course: [String: (metric: RunHistory.Metric, values: [Int: Double])], step: Int,
        over baseline: [String: Double]
    ) -> Double? {
        let gains = baseline.sorted { $0.key < $1.key }.compactMap { task, base -> Double? in
            guard let (metric, values) = course[task], let value = values[step], value.isFinite else { return nil }
            return metric.result(value).improvementPercent(over: metric.result(base))
        }
        return gains.count == baseline.count ? Spread(gains).mean : nil
    }
}
