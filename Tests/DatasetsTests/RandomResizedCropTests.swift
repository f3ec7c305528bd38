import Datasets
import Testing

@Suite("What is seen of pictures that are classified")
struct RandomResizedCropTests {
    private let crop = RandomResizedCrop(cropHeight: 32, cropWidth: 48, seed: 7)

    private func covers(_ view: SampleView) -> Bool {
        view.top <= 0 && view.left <= 0 && view.top + view.scaledHeight >= view.frameHeight
            && view.left + view.scaledWidth >= view.frameWidth
    }

    @Test(arguments: [(50, 60), (375, 500), (7, 9), (1, 200), (200, 1), (33, 47)])
    func theFrameIsAlwaysFull(height: Int, width: Int) {
        for index in 0..<300 {
            let view = crop.view(epoch: 1, index: index, sourceHeight: height, sourceWidth: width)
            #expect(covers(view), "\(view)")
            let middle = CentralCrop(cropHeight: 32, cropWidth: 48, margin: 256.0 / 224).view(
                epoch: 1, index: index, sourceHeight: height, sourceWidth: width)
            #expect(covers(middle), "\(middle)")
        }
    }

    @Test func theRectanglesHaveTheAreasAndProportionsAskedFor() {
        let views = (0..<4000).map { crop.view(epoch: 0, index: $0, sourceHeight: 400, sourceWidth: 500) }
        let areas = views.map { view in
            let height = 32 / view.scale
            let width = 48 / (view.scale * view.stretch)
            let ratio = width / height
            // Sides are whole pixels, of which there are 98 at least.
            #expect(ratio > 0.75 * 0.98 && ratio < 4.0 / 3 * 1.02)
            return height * width / (400 * 500)
        }
        #expect(areas.allSatisfy { $0 > 0.08 * 0.98 && $0 <= 1 })
        #expect(areas.min()! < 0.1 && areas.max()! > 0.9)
        // Four standard deviations of a binomial.
        #expect(abs(views.count(where: \.isMirrored) - 2000) < 4 * 32)
        #expect(Set(views.map(\.top)).count > 30 && Set(views.map(\.left)).count > 30)
    }

    @Test func theSameDrawsForTheSameSeedEpochAndSample() {
        func views(_ seed: UInt64, _ epoch: Int) -> [SampleView] {
            let crop = RandomResizedCrop(cropHeight: 32, cropWidth: 48, seed: seed)
            return (0..<20).map { crop.view(epoch: epoch, index: $0, sourceHeight: 50, sourceWidth: 60) }
        }
        #expect(views(1, 2) == views(1, 2))
        #expect(views(1, 2) != views(1, 3) && views(1, 2) != views(2, 2))
    }

    /// 50 × 100 pixels: 40 rows are reached by the factor 0.8, so 20 columns of 80 are cut on both sides.
    @Test func theMiddleJustCoversTheCrop() {
        let view = CentralCrop(cropHeight: 40, cropWidth: 40).view(
            epoch: 0, index: 0, sourceHeight: 50, sourceWidth: 100)
        #expect(view.scale == 0.8 && view.top == 0 && view.left == -20 && !view.isMirrored)
    }
}
