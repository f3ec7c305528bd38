import Configuration
import Datasets
import Testing
import Training

@Suite("Augmentation as configured")
struct DataSettingsAugmentationTests {
    private func augmentation(_ change: (inout DataSettings) -> Void) -> Augmentation {
        var settings = DataSettings()
        change(&settings)
        return settings.augmentation(seed: 1)
    }

    @Test func scalesAreThePapersStepsAndTheEndsOfTheRange() {
        #expect(augmentation { _ in }.scales == Augmentation.paperScales)
        #expect(augmentation { $0.scale = ScaleRange(smallest: 0.9, largest: 1.3) }.scales == [0.9, 1, 1.25, 1.3])
        #expect(augmentation { $0.scale = ScaleRange(smallest: 1, largest: 1) }.scales == [1])
    }

    @Test func withoutAugmentationTheMiddleIsSeenAsItIs() {
        let plain = augmentation { $0.augment = false }
        #expect(plain.scales == [1] && !plain.mirrors && plain.isCentred)
    }
}
