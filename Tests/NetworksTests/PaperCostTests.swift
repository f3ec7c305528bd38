import Configuration
import Graph
import Networks
import Testing

@Suite struct PaperCostTests {
    /// The paper's network (ResNet-18, width 64, modulators with NFF, decoder of depth 256), semseg at 512 × 512,
    /// added up layer by layer: 2 · k² · inputs · outputs · pixels.
    @Test func thePaperNetworkCosts455GFLOPForAStepOfTwoImages() {
        func flop(_ kernel: Int, _ inputs: Int, _ outputs: Int, _ side: Int) -> Int {
            2 * kernel * kernel * inputs * outputs * side * side
        }
        // The stem's bank sees the image, before which nothing learns; its modulator's data gradient nobody needs.
        var (forward, toData, toFilter) = (flop(7, 3, 64, 256) + flop(1, 64, 64, 256), 0, flop(1, 64, 64, 256))
        func add(_ own: Int, trained: Bool) {
            forward += own
            toData += own
            if trained { toFilter += own }
        }
        var inputs = 64
        for (outputs, side) in [(64, 128), (128, 64), (256, 32), (512, 32)] {
            for _ in 0..<2 {
                add(flop(3, inputs, outputs, side) + flop(3, outputs, outputs, side), trained: false)
                add(2 * flop(1, outputs, outputs, side), trained: true)
                if inputs != outputs { add(flop(1, inputs, outputs, side), trained: true) }
                inputs = outputs
            }
        }
        add(flop(1, 512, 256, 32) + 3 * flop(3, 512, 256, 32) + flop(1, 512, 256, 1), trained: true)
        add(flop(1, 5 * 256, 256, 32) + flop(1, 64, 48, 128), trained: true)
        add(flop(3, 256 + 48, 256, 128) + flop(3, 256, 256, 128) + flop(1, 256, 21, 128), trained: true)

        let network = MultiTaskNetwork(
            ModelSettings(), heads: [TaskHead(.semseg, channels: 21)], height: 512, width: 512)
        let cost = network.graphs[0].cost
        #expect(cost.total.forward == forward)
        #expect(cost.total.backwardToData == toData)
        #expect(cost.total.backwardToFilter == toFilter)
        #expect(cost.trainingStepFlop(samples: 2) == 454_831_898_624)
    }
}
