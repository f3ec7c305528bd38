import Foundation
import Training

extension BoundaryFigures {
    /// Every so many thresholds are shown in a terminal, and so many pictures.
    private static let step = 10
    private static let shownPictures = 10

    /// The best threshold and the rule of average precision.
    private var summary: String {
        String(format: "best threshold of the set %.4g; ", odsThreshold)
            + "each picture at its own: precision \(Self.share(oisPrecision)), recall \(Self.share(oisRecall)); "
            + "average_precision is \(averagePrecisionRule)"
    }

    private static func share(_ value: Double?) -> String { value.map { Figure.fixed($0, digits: 3) } ?? "—" }

    private static let columns = ["precision", "recall", "F", "matched of predicted", "matched of true"]

    private static func cells(_ point: Point) -> [String] {
        [
            share(point.precision), share(point.recall), share(point.f),
            "\(point.matchedPredictions) of \(point.predictions)", "\(point.matchedTruth) of \(point.truth)",
        ]
    }

    private static func cells(_ picture: Picture) -> [String] {
        [picture.sample, "\(picture.annotators)", Figure.short(picture.best.threshold)] + cells(picture.best)
    }

    private static let pictureColumns = ["annotators", "own best"] + columns

    /// Tables for a terminal: some thresholds, and the pictures with the smallest F.
    var text: String {
        var curve = TextTable(columns: ["\(task) at threshold"] + Self.columns)
        for (place, point) in points.enumerated() where (place + 1) % Self.step == 0 {
            curve.add([Figure.short(point.threshold)] + Self.cells(point))
        }
        var worst = TextTable(columns: ["\(task) in picture"] + Self.pictureColumns)
        for picture in worstFirst.prefix(Self.shownPictures) { worst.add(Self.cells(picture)) }
        let more = max(pictures.count - Self.shownPictures, 0)
        return [
            "boundaries of \(task): \(summary)", curve.text,
            worst.text + (more > 0 ? "\n\(more) more, and all thresholds, in --json and --html" : ""),
        ].joined(separator: "\n\n")
    }

    /// The same for a page, with the curve and all pictures.
    var html: String {
        var curve = HTMLTable(["threshold"] + Self.columns)
        for point in points { curve.add([Figure.short(point.threshold)] + Self.cells(point)) }
        var all = HTMLTable(["picture"] + Self.pictureColumns)
        for picture in worstFirst { all.add(Self.cells(picture).map(escaped)) }
        return """
            <section><h2>Boundaries of \(escaped(task))</h2><p class="note">By the rules \(escaped(convention)); \
            \(escaped(summary)).</p>\(plot)
            <details><summary>All thresholds</summary>\(curve.html)</details>
            <details><summary>All pictures, the smallest F first</summary>\(all.html)</details></section>
            """
    }

    /// Precision over recall.
    private var plot: String {
        let places = points.compactMap { point in
            point.recall.flatMap { recall in point.precision.map { (x: recall, y: $0) } }
        }.sorted { $0.x < $1.x }
        let frame = PlotFrame(
            width: 360, height: 360, margins: (46, 14, 14, 34), horizontal: 0...1, vertical: PlotScale([0, 1]))
        let ticks = [0, 0.5, 1].map { tick in
            PlotFrame.text(Figure.short(tick), x: frame.x(tick), y: frame.bottom + 14, anchor: .middle)
        }
        let axis = PlotFrame.text("recall", x: frame.x(0.5), y: frame.height - 6, anchor: .middle)
        return """
            <figure class="plot t0" style="max-width:480px"><figcaption><span>precision over recall</span></figcaption>\
            <svg viewBox="0 0 360 360" role="img" aria-label="Precision over recall">\
            \((frame.grid + ticks + [axis, frame.curve(places, style: "curve")]).joined())</svg></figure>
            """
    }
}
