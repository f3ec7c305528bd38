import COpenBLAS
import TensorCore

/// Who multiplies matrices where no faster algorithm applies: `--gemm own|openblas`.
package enum MatrixProducts: String, CaseIterable, Sendable {
    /// This engine's direct kernels.
    case own
    /// OpenBLAS over gathered patches; to compare with.
    case openblas

    /// Makes sure that it can be used.
    package func load() throws(MissingLibraryError) {
        if self == .openblas, mdl_openblas_load() != 0 { throw MissingLibraryError(name: "OpenBLAS") }
    }

    /// What results depend on: OpenBLAS's kernels round differently.
    package var identity: String {
        guard self == .openblas, let core = mdl_openblas_core() else { return rawValue }
        return "\(rawValue) \(String(cString: core))"
    }
}

/// A library that was asked for is not there.
package struct MissingLibraryError: RequestError, Equatable {
    package let name: String

    package var description: String { "there is no \(name) on this machine: run launch/setup, or leave --gemm at own" }
}
