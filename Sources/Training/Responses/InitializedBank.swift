import Checkpoints
import ConvolutionEngine

/// A bank of principal components, with the modulators that every new task starts from.
package struct InitializedBank {
    /// A convolution of the bank.
    package struct Layer: Sendable, Encodable {
        package let name: String
        package let outputs: Int
        package let components: Int
        /// The share of the responses' variance that the components hold.
        package let varianceShare: Double
        /// Floats of the bank's filters, and of one task's modulators; `full` with all components.
        package let bankParameters: Int
        package let fullBankParameters: Int
        package let modulatorParameters: Int
        package let fullModulatorParameters: Int

        init(name: String, geometry: ConvolutionGeometry, components: Int, varianceShare: Double) {
            self.name = name
            outputs = geometry.outputChannels
            self.components = components
            self.varianceShare = varianceShare
            fullBankParameters = geometry.filterCount
            bankParameters = geometry.filterCount / outputs * components
            modulatorParameters = outputs * components
            fullModulatorParameters = outputs * outputs
        }
    }

    package let tensors: [TensorEntry]
    package let metadata: [String: String]
    package let layers: [Layer]
    package let imageCount: Int

    /// Floats of all filters of the bank, and of the modulators of one task, with and without what was left out.
    package var bankParameters: (kept: Int, full: Int) {
        (layers.reduce(0) { $0 + $1.bankParameters }, layers.reduce(0) { $0 + $1.fullBankParameters })
    }
    package var modulatorParameters: (kept: Int, full: Int) {
        (layers.reduce(0) { $0 + $1.modulatorParameters }, layers.reduce(0) { $0 + $1.fullModulatorParameters })
    }

    /// Writes the bank, whole or not at all, and returns its SHA-256.
    @discardableResult
    package func write(to path: String) throws -> String {
        try SafetensorsFile.write(to: path, tensors: tensors, metadata: metadata)
    }
}
