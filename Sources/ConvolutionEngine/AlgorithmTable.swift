/// Which algorithms passes take that were measured; what is not in the table is predicted.
///
/// With it the bits of a run change, so it is the same on all ranks and goes with a run from session to session. Its text
/// has a line for each pass, `64>64 3x3 padding 1 at 128x128, forward: winograd 4×4`, sorted.
package struct AlgorithmTable: Equatable, Sendable, LosslessStringConvertible {
    private let algorithms: [LayerPass: ConvolutionAlgorithm]

    /// - Precondition: every algorithm is one of its layer's candidates.
    package init(_ algorithms: [LayerPass: ConvolutionAlgorithm]) {
        precondition(
            algorithms.allSatisfy { $0.key.layer.candidates.contains($0.value) }, "an algorithm without kernels")
        self.algorithms = algorithms
    }

    package init?(_ description: String) {
        var algorithms: [LayerPass: ConvolutionAlgorithm] = [:]
        for line in description.split(separator: "\n") {
            guard let colon = line.lastIndex(of: ":"), let pass = LayerPass(String(line[..<colon])),
                let algorithm = ConvolutionAlgorithm(String(line[colon...].dropFirst(2))),
                pass.layer.candidates.contains(algorithm), algorithms.updateValue(algorithm, forKey: pass) == nil
            else { return nil }
        }
        self.algorithms = algorithms
    }

    package var description: String {
        algorithms.map { "\($0.key): \($0.value)" }.sorted().joined(separator: "\n")
    }

    package subscript(pass: LayerPass) -> ConvolutionAlgorithm? { algorithms[pass] }
}
