import Foundation

/// The rows of the paper's ablation (Kanakis et al., tables 2 to 4), under the names of their recipes.
package enum StudyMethod: String, CaseIterable, Encodable, Sendable {
    case single, joint, series, parallel, rc
    case rcRI = "rc-ri"
    case rcRINFF = "rc-ri-nff"

    package var title: String {
        switch self {
        case .single: "single task"
        case .joint: "joint baseline"
        case .series: "series RA"
        case .parallel: "parallel RA"
        case .rc: "RC"
        case .rcRI: "RC+RI"
        case .rcRINFF: "RC+RI+NFF"
        }
    }

    /// The number of the method's colour in plots.
    var color: Int { Self.allCases.firstIndex(of: self)! }
}

/// A claim of the paper (Kanakis et al., section 4) beside what a study found.
package struct StudyClaim: Encodable, Sendable {
    /// Whether the study found what the paper claims.
    package enum Verdict: String, Encodable, Sendable {
        case agrees
        case disagrees
        /// Closer than what seeds stray by.
        case undecided
        /// Of one seed alone, so that nobody knows what seeds stray by.
        case undecidedByOneSeed = "undecided_by_one_seed"

        var text: String {
            switch self {
            case .agrees: "agrees"
            case .disagrees: "does not agree"
            case .undecided: "undecided: no further apart than seeds stray"
            case .undecidedByOneSeed: "undecided: one seed"
            }
        }
    }

    package let claim: String
    package let found: String
    package let verdict: Verdict

    /// That one method's Δm is above another's.
    ///
    /// The larger standard deviation over seeds is what counts as close.
    /// - Parameter orEqual: whether being close is enough.
    init(_ claim: String, _ better: Study.Row, above worse: Study.Row, orEqual: Bool = false) {
        self.claim = claim
        let spreads = [better, worse].map { $0.relativeImprovementPercent! }
        found = zip([better, worse], spreads).map { "\($0.method.title) \(Study.signed($1))" }.joined(separator: ", ")
        let distance = spreads[0].mean - spreads[1].mean
        guard let scatter = spreads.compactMap(\.deviation).max() else {
            verdict = .undecidedByOneSeed
            return
        }
        verdict =
            if distance > scatter || orEqual && distance >= -scatter {
                .agrees
            } else {
                distance < -scatter ? .disagrees : .undecided
            }
    }

    init(_ claim: String, found: String, agrees: Bool) {
        self.claim = claim
        self.found = found
        verdict = agrees ? .agrees : .disagrees
    }
}

extension Study {
    /// What the paper claims, as far as what it is about is finished.
    package var claims: [StudyClaim] {
        let rows = Dictionary(uniqueKeysWithValues: rows.map { ($0.method, $0) })
        func compare(
            _ claim: String, _ better: StudyMethod, _ worse: StudyMethod, orEqual: Bool = false
        ) -> StudyClaim? {
            guard let first = rows[better], let second = rows[worse], first.relativeImprovementPercent != nil,
                second.relativeImprovementPercent != nil
            else { return nil }
            return StudyClaim(claim, first, above: second, orEqual: orEqual)
        }
        var claims = [
            compare("1. no interference: before the joint baseline", .rcRINFF, .joint),
            compare("2. response initialization is better than none", .rcRI, .rc),
            compare("3. normalized feature fusion is at least as good", .rcRINFF, .rcRI, orEqual: true),
            compare("4. series adapters are behind", .rcRINFF, .series),
            compare("4. parallel adapters are behind", .rcRINFF, .parallel),
        ].compactMap { $0 }
        if !forgetting.isEmpty {
            let changes = forgetting.flatMap(\.fineTuned).compactMap(\.changePercent)
            claims.append(
                StudyClaim(
                    "5. an added task costs the old ones nothing",
                    found: isUntouched ? "not a bit of them changed" : "they CHANGED", agrees: isUntouched))
            if !changes.isEmpty {
                let change = Spread(changes).mean
                claims.append(
                    StudyClaim(
                        "5. a shared net that is fine-tuned forgets",
                        found: "old tasks change by \(Self.signed(change)) % in the mean", agrees: change < 0))
            }
        }
        if let single = rows[.single], let own = rows[.rcRINFF] {
            let share = own.ownParametersPerTask / single.ownParametersPerTask
            claims.append(
                StudyClaim(
                    "6. a task takes a fraction of a network's parameters",
                    found: "\(Figure.count(Int(own.ownParametersPerTask))) of "
                        + "\(Figure.count(Int(single.ownParametersPerTask))), \(Figure.percent(share))",
                    agrees: share < 1))
        }
        return claims
    }

    /// Whether every model that was added to has kept its old tasks, in bytes and in figures.
    var isUntouched: Bool {
        forgetting.allSatisfy { seed in
            seed.filesAreUnchanged && seed.added.allSatisfy { $0.before == $0.after }
        }
    }
}
