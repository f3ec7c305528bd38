import Configuration
import Tasks

extension DataSettings {
    /// How far apart the boundary benchmark lets pixels be on this data set, as a share of the diagonal: what is customary
    /// for NYUD, and else what is for PASCAL.
    package var boundaryDistance: Double {
        dataset == .nyud ? BoundaryBenchmark.distanceForNYUD : BoundaryBenchmark.distanceForPascal
    }
}
