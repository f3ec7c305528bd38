/// Precision over recall of boundaries at each threshold, and how each picture did at its own best one.
package struct BoundaryCurve: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
        package let threshold: Double
        package let counts: BoundaryCounts
    }

    package struct Picture: Sendable, Equatable {
        /// The sample's index in the whole set.
        package let sample: Int
        package let annotators: Int
        /// At the threshold with the picture's largest F, the lowest of equals.
        package let best: Point
    }

    /// The threshold of `ods_f`.
    package let threshold: Double
    /// Summed over pictures at their own best thresholds: what `ois_f` is made of.
    package let ownBest: BoundaryCounts
    package let precisionRule: PrecisionRule
    /// Of the whole set, thresholds ascending.
    package let points: [Point]
    /// In the order of samples.
    package let pictures: [Picture]

    /// How average precision is computed.
    package enum PrecisionRule: Sendable, Equatable {
        /// The area from recall 0 on: straight lines between the recalls that occur, level below the smallest, nothing
        /// above the largest. Of several outcomes with one recall the most precise counts. At most 1, and 1 for the truth
        /// itself.
        case area
        /// As the published programs compute it: precision, interpolated between the recalls that occur, at the 101
        /// recalls 0, 0.01 … 1, as far as they lie between the smallest and the largest, over 100. Of several outcomes
        /// with one recall the first counts. One recall alone gives 0, and a perfect curve 1.01.
        case samples

        /// The rule in a sentence.
        package var text: String {
            switch self {
            case .area: "the area under precision over recall from recall 0 on"
            case .samples:
                "the sum of precision at recalls 0, 0.01 … 1 over 100, 0 beyond those reached (the benchmark's Area_PR)"
            }
        }

        /// - Parameter outcomes: at ascending thresholds.
        func averagePrecision(_ outcomes: [BoundaryOutcome]) -> Double {
            switch self {
            case .area: Self.area(outcomes)
            case .samples: Self.samples(outcomes)
            }
        }

        private static func area(_ outcomes: [BoundaryOutcome]) -> Double {
            let best = Dictionary(outcomes.map { ($0.recall, $0.precision) }, uniquingKeysWith: max)
            var (area, last) = (0.0, (recall: 0.0, precision: 0.0))
            for (place, (recall, precision)) in best.sorted(by: { $0.key < $1.key }).enumerated() {
                if place == 0 { last.precision = precision }
                area += (recall - last.recall) * (precision + last.precision) / 2
                last = (recall, precision)
            }
            return area
        }

        private static func samples(_ outcomes: [BoundaryOutcome]) -> Double {
            var known: [(recall: Double, precision: Double)] = []
            for outcome in outcomes where !known.contains(where: { $0.recall == outcome.recall }) {
                known.append((outcome.recall, outcome.precision))
            }
            known.sort { $0.recall < $1.recall }
            guard known.count > 1 else { return 0 }
            var sum = 0.0
            for hundredths in 0...100 {
                let recall = Double(hundredths) / 100
                guard let above = known.firstIndex(where: { $0.recall >= recall }) else { break }
                if known[above].recall == recall {
                    sum += known[above].precision
                } else if above > 0 {
                    let (low, high) = (known[above - 1], known[above])
                    let part = (recall - low.recall) / (high.recall - low.recall)
                    sum += low.precision + part * (high.precision - low.precision)
                }
            }
            return sum / 100
        }
    }
}
