import ConvolutionEngine
import Testing

@Suite struct ConvolutionAlgorithmTests {
    private func choices(
        _ inputs: Int, _ outputs: Int, size: Int, dilation: Int = 1, kernel: Int = 3, stride: Int = 1,
        preference: ConvolutionChoice = .auto, set: InstructionSet = .avx512
    ) -> Set<ConvolutionAlgorithm> {
        let geometry = ConvolutionGeometry(
            inputChannels: inputs, outputChannels: outputs, kernelSize: kernel, stride: stride,
            padding: dilation * (kernel / 2), dilation: dilation)
        return Set(
            ConvolutionPass.allCases.map {
                .choice(
                    LayerPass(ConvolutionLayer(geometry, height: size, width: size), $0), instructionSet: set,
                    preference: preference)
            })
    }

    /// The layers of a ResNet at 512 × 512 are those that Winograd's algorithm was written for.
    @Test(arguments: [InstructionSet.avx512, .avx2, .portable])
    func layersOfTheBackboneTakeLargeTiles(set: InstructionSet) {
        for (channels, size, dilation) in [(64, 128, 1), (128, 64, 1), (256, 32, 1), (256, 32, 2), (512, 32, 2)] {
            #expect(choices(channels, channels, size: size, dilation: dilation, set: set) == [.winograd(tile: 4)])
        }
        #expect(choices(304, 256, size: 128, set: set) == [.winograd(tile: 4)])
    }

    /// Sub-grids of 5 and 6 pixels are cut into tiles of 3; where they have at most 2, skipping the padding is best.
    @Test func dilatedLayersTakeTilesThatFitTheirSubgrids() {
        #expect(choices(512, 256, size: 32, dilation: 6) == [.winograd(tile: 3)])
        #expect(choices(512, 256, size: 32, dilation: 12) == [.winograd(tile: 3)])
        #expect(choices(512, 256, size: 32, dilation: 18) == [.direct])
    }

    @Test func whatHasNoWinogradFormIsDirect() {
        for preference in ConvolutionChoice.allCases {
            #expect(choices(64, 64, size: 32, kernel: 1, preference: preference) == [.direct])
            #expect(choices(64, 64, size: 32, stride: 2, preference: preference) == [.direct])
            #expect(choices(3, 64, size: 32, kernel: 7, preference: preference) == [.direct])
        }
    }

    @Test func preferencesAreObeyed() {
        #expect(choices(64, 64, size: 128, preference: .direct) == [.direct])
        // Even where it does not pay.
        #expect(choices(512, 256, size: 32, dilation: 18, preference: .winograd) == [.winograd(tile: 2)])
    }
}
