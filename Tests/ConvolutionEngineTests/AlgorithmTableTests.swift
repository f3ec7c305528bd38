import ConvolutionEngine
import Testing

@Suite struct AlgorithmTableTests {
    private static func pass(
        _ channels: Int, size: Int, dilation: Int = 1, stride: Int = 1, kernel: Int = 3,
        _ pass: ConvolutionPass = .forward
    ) -> LayerPass {
        let geometry = ConvolutionGeometry(
            inputChannels: channels, outputChannels: 2 * channels, kernelSize: kernel, stride: stride,
            padding: dilation * (kernel / 2), dilation: dilation)
        return LayerPass(ConvolutionLayer(geometry, height: size, width: size + 1), pass)
    }

    private let pass = pass(64, size: 32)

    @Test(arguments: ConvolutionPass.allCases)
    func aPassIsItsText(kind: ConvolutionPass) {
        for own in [
            Self.pass(64, size: 32, kind), Self.pass(3, size: 1, stride: 2, kernel: 7, kind),
            Self.pass(16, size: 9, dilation: 12, kind), Self.pass(1, size: 5, kernel: 1, kind),
        ] {
            #expect(LayerPass(own.description) == own)
        }
        #expect(pass.description == "64>128 3x3 padding 1 at 32x33, forward")
    }

    @Test(arguments: [
        "", "64>128", "64>128 3x3 at 32x32", "64>128 3x2 at 32x32, forward", "0>128 3x3 at 32x32, forward",
        "64>128 3x3 at 32x32, sideways", "64>128 3x3 at 32x99999999999999999999, forward",
        "64>128 3x3 at 32x32, forward ",
    ])
    func otherTextsAreNone(text: String) {
        #expect(LayerPass(text) == nil)
    }

    @Test func aTableIsItsText() throws {
        let other = Self.pass(8, size: 12, dilation: 2, .backwardToFilter)
        let table = AlgorithmTable([pass: .winograd(tile: 3), other: .direct])
        #expect(AlgorithmTable(table.description) == table)
        #expect(table[pass] == .winograd(tile: 3) && table[other] == .direct)
        #expect(AlgorithmTable("") == AlgorithmTable([:]))
        for damaged in [
            "\(pass)", "\(pass): winograd 5×5", "\(pass): openblas", "\(pass): direct\n\(pass): direct",
            "\(Self.pass(8, size: 8, stride: 2)): winograd 4×4",
        ] {
            #expect(AlgorithmTable(damaged) == nil, "\(damaged)")
        }
    }

    @Test func whatWasMeasuredComesFirst() {
        let kernels = Kernels(.best, choice: .auto, measured: AlgorithmTable([pass: .winograd(tile: 2)]))
        #expect(kernels.algorithm(pass) == .winograd(tile: 2))
        // What was not measured is predicted: another pass, another size.
        let predicted = Kernels(.best, choice: .auto)
        for other in [Self.pass(64, size: 32, .backwardToData), Self.pass(64, size: 64)] {
            #expect(kernels.algorithm(other) == predicted.algorithm(other))
        }
    }

    @Test func candidatesAreThoseThatThereAreKernelsFor() {
        #expect(pass.layer.candidates.count == 4)
        #expect(Self.pass(64, size: 32, stride: 2).layer.candidates == [.direct])
        #expect(Self.pass(64, size: 32, kernel: 1).layer.candidates == [.direct])
    }
}
