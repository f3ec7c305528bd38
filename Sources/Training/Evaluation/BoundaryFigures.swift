import Tasks

/// Boundaries at every threshold and in every picture, as JSON has them. What is undefined is null there, as the precision
/// where nothing is predicted.
package struct BoundaryFigures: Codable, Sendable, Equatable {
    /// What was counted, and what follows from it.
    package struct Point: Codable, Sendable, Equatable {
        package let threshold: Double
        /// True pixels with a partner, and all of them, over all annotators.
        package let matchedTruth: Int
        package let truth: Int
        /// Predicted pixels with a partner of any annotator, and all of them.
        package let matchedPredictions: Int
        package let predictions: Int
        package let precision: Double?
        package let recall: Double?
        package let f: Double?

        fileprivate init(_ point: BoundaryCurve.Point) {
            threshold = point.threshold
            matchedTruth = point.counts.matchedTruth
            truth = point.counts.truth
            matchedPredictions = point.counts.matchedPredictions
            predictions = point.counts.predictions
            precision = point.counts.precision
            recall = point.counts.recall
            f = point.counts.f
        }

        /// What is undefined is written as null, and not left out.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(threshold, forKey: .threshold)
            try container.encode(matchedTruth, forKey: .matchedTruth)
            try container.encode(truth, forKey: .truth)
            try container.encode(matchedPredictions, forKey: .matchedPredictions)
            try container.encode(predictions, forKey: .predictions)
            try container.encode(precision, forKey: .precision)
            try container.encode(recall, forKey: .recall)
            try container.encode(f, forKey: .f)
        }
    }

    package struct Picture: Codable, Sendable, Equatable {
        package let sample: String
        package let annotators: Int
        /// At the picture's own best threshold.
        package let best: Point
    }

    package let task: String
    package let convention: String
    /// The threshold of `ods_f`.
    package let odsThreshold: Double
    /// Of all pictures, each at its own best threshold; undefined as in ``Point``.
    package let oisPrecision: Double?
    package let oisRecall: Double?
    /// How `average_precision` is computed.
    package let averagePrecisionRule: String
    /// Of the whole set, thresholds ascending.
    package let points: [Point]
    /// In the order of the list.
    package let pictures: [Picture]

    /// - Parameter identifiers: what the samples are called; those beyond have numbers.
    /// - Returns: nil where no boundaries were matched.
    package init?(_ score: ValidationScore, identifiers: [String]) {
        guard let curve = score.curve else { return nil }
        task = score.task
        convention = score.results.first?.convention.rawValue ?? ""
        odsThreshold = curve.threshold
        oisPrecision = curve.ownBest.precision
        oisRecall = curve.ownBest.recall
        averagePrecisionRule = curve.precisionRule.text
        points = curve.points.map(Point.init)
        pictures = curve.pictures.map { picture in
            Picture(
                sample: identifiers.indices.contains(picture.sample)
                    ? identifiers[picture.sample] : "\(picture.sample)",
                annotators: picture.annotators, best: Point(picture.best))
        }
    }

    /// The pictures with the smallest F first; those without any F, in which there is nothing to find, last.
    package var worstFirst: [Picture] {
        pictures.enumerated().sorted { first, second in
            (first.element.best.f ?? 2, first.offset) < (second.element.best.f ?? 2, second.offset)
        }.map(\.element)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(task, forKey: .task)
        try container.encode(convention, forKey: .convention)
        try container.encode(odsThreshold, forKey: .odsThreshold)
        try container.encode(oisPrecision, forKey: .oisPrecision)
        try container.encode(oisRecall, forKey: .oisRecall)
        try container.encode(averagePrecisionRule, forKey: .averagePrecisionRule)
        try container.encode(points, forKey: .points)
        try container.encode(pictures, forKey: .pictures)
    }
}
