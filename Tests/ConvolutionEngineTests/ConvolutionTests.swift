import ConvolutionEngine
import TensorCore
import Testing

/// Every instruction set's convolution against its definition.
@Suite struct ConvolutionTests {
    private let pool = ThreadPool(threads: 2)

    /// The first place at which `actual` strays from the sum by more than rounding can, if any. `before` are values
    /// that the sums were added to.
    private func firstStray(
        _ actual: [Float], _ sums: [MeasuredSum], before: [Float]? = nil, bound: (MeasuredSum) -> Double
    ) -> String? {
        guard actual.count == sums.count else { return "\(actual.count) values instead of \(sums.count)" }
        for index in actual.indices {
            var sum = sums[index]
            if let before { sum.add(Double(before[index])) }
            let error = abs(Double(actual[index]) - sum.value)
            if !(error <= bound(sum)) { return "at \(index): \(actual[index]) instead of \(sum.value)" }
        }
        return nil
    }

    @Test(arguments: ConvolutionCase.all)
    func forwardMatchesDefinition(_ own: ConvolutionCase) {
        for set in availableInstructionSets {
            let run = ConvolutionRun(own, kernels: Kernels(set), threads: 2, pool: pool)
            let sums = ConvolutionDefinition(own: own).forward(run.input.values, run.filter, bias: run.bias)
            let stray = firstStray(run.forward(), sums) { $0.bound() }
            #expect(stray == nil, "\(set)")
            #expect(run.output.isIntactAround, "\(set) writes beside the output")
        }
    }

    @Test(arguments: ConvolutionCase.all)
    func backwardToDataMatchesDefinition(_ own: ConvolutionCase) {
        for set in availableInstructionSets {
            let run = ConvolutionRun(own, kernels: Kernels(set), threads: 2, pool: pool)
            let before = own.accumulates ? run.inputGradient.values : nil
            let sums = ConvolutionDefinition(own: own).backwardToData(run.outputGradient.values, run.filter)
            let stray = firstStray(run.backwardToData(), sums, before: before) { $0.bound() }
            #expect(stray == nil, "\(set)")
            #expect(run.inputGradient.isIntactAround, "\(set) writes beside the input's gradient")
        }
    }

    @Test(arguments: ConvolutionCase.all)
    func backwardToFilterAndBiasMatchesDefinition(_ own: ConvolutionCase) {
        let definition = ConvolutionDefinition(own: own)
        for set in availableInstructionSets {
            let run = ConvolutionRun(own, kernels: Kernels(set), threads: 2, pool: pool)
            let filter = definition.filterGradient(run.input.values, run.outputGradient.values)
            let stray = firstStray(run.filterGradient(cutThreads: 2), filter) { $0.bound() }
            #expect(stray == nil, "\(set), filter")
            // Each sample's sum is formed in double and rounded once; each addition of two samples rounds once more.
            let bias = definition.biasGradient(run.outputGradient.values)
            let biasStray = firstStray(run.biasGradient(), bias) {
                $0.magnitude * (Double(own.samples) * 0x1p-24 * 1.001 + Double($0.terms) * 0x1p-52)
            }
            #expect(biasStray == nil, "\(set), bias")
        }
    }
}
