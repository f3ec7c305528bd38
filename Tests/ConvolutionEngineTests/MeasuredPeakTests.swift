import ConvolutionEngine
import TensorCore
import Testing

@Suite struct MeasuredPeakTests {
    @Test("a peak is measured with the kernels of every instruction set", arguments: [1, 2])
    func measured(threads: Int) {
        let pool = ThreadPool(threads: threads)
        for instructionSet in InstructionSet.allCases where instructionSet.isAvailable {
            let peak = MeasuredPeak(kernels: Kernels(instructionSet), pool: pool, seconds: 0.001)
            #expect(peak.threads == threads)
            #expect(peak.gflopPerSecond.isFinite && peak.gflopPerSecond > 0)
        }
    }
}
