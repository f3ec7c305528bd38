/// How a step's time changes with the number of ranks, weak and strong; the keys in JSON are these names in snake case.
package struct ScalingReport: Codable, Sendable, Equatable {
    package enum Mode: String, Codable, CaseIterable, Sendable {
        /// Every rank has the same number of samples, whatever the number of ranks.
        case weak
        /// The batch is the same.
        case strong
    }

    package struct Row: Codable, Sendable, Equatable {
        package let mode: Mode
        /// Images per second, against those of the fewest ranks, each rank's share.
        package let scalingEfficiency: Double
        package let trial: ScalingTrial
    }

    package let samplesPerRank: Int
    /// By mode and number of ranks.
    package let rows: [Row]

    /// The jobs that have to be measured.
    ///
    /// - Parameter ranks: numbers of ranks.
    /// - Returns: the batch of every number of ranks, each once.
    package static func jobs(ranks: [Int], samplesPerRank: Int) -> [(ranks: Int, batch: Int)] {
        let most = ranks.max() ?? 1
        return Set(ranks).sorted().flatMap { count in
            Set([count * samplesPerRank, most * samplesPerRank]).sorted().map { (count, $0) }
        }
    }

    /// - Parameter trials: of all jobs.
    package init(_ trials: [ScalingTrial], samplesPerRank: Int) {
        self.samplesPerRank = samplesPerRank
        let most = trials.map(\.ranks).max() ?? 1
        rows = Mode.allCases.flatMap { mode in
            let own = trials.filter {
                $0.batch == samplesPerRank * (mode == .weak ? $0.ranks : most)
            }.sorted { $0.ranks < $1.ranks }
            return own.map { trial in
                let first = own[0].imagesPerSecond / Double(own[0].ranks)
                return Row(
                    mode: mode, scalingEfficiency: trial.imagesPerSecond / Double(trial.ranks) / first, trial: trial)
            }
        }
    }
}
