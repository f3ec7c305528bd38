import Datasets
import Tasks
import Testing

/// Pictures of predictions beside and over the image.
@Suite struct PredictionPictureTests {
    private let red = Color(red: 255, green: 0, blue: 0)

    @Test func edgesShineThroughAsFarAsTheyAreSure() {
        let image = Picture(height: 1, width: 3, color: Color(gray: 100))
        var edges = Picture(height: 1, width: 3, color: .black)
        edges[0, 1] = .white
        edges[0, 2] = Color(gray: 51)
        let overlay = edges.overlaid(on: image, task: .edge)
        #expect(overlay[0, 0] == Color(gray: 100))
        #expect(overlay[0, 1] == Color(red: 255, green: 176, blue: 0))
        // A fifth of the way: 100 + (255 − 100) / 5 and so on.
        #expect(overlay[0, 2] == Color(red: 131, green: 115, blue: 80))
    }

    @Test func otherPicturesAreMixedInEqualParts() {
        let overlay = Picture(height: 2, width: 2, color: red)
            .overlaid(on: Picture(height: 2, width: 2, color: .black), task: .semseg)
        #expect(overlay == Picture(height: 2, width: 2, color: Color(red: 128, green: 0, blue: 0)))
    }

    @Test func shrinkingAveragesAndKeepsTheProportions() {
        var picture = Picture(height: 4, width: 8, color: .black)
        for row in 0..<2 { for column in 0..<2 { picture[row, column] = .white } }
        let small = picture.shrunk(toFit: 2)
        #expect(small.height == 1 && small.width == 2)
        #expect(small[0, 0] == Color(gray: 64) && small[0, 1] == .black)
        #expect(picture.shrunk(toFit: 8) == picture)
        #expect(Picture(height: 1, width: 90, color: red).shrunk(toFit: 9) == Picture(height: 1, width: 9, color: red))
    }

    @Test(arguments: [1, 20, 400]) func theBarRunsFromTheNearestToTheFarthestColour(_ height: Int) {
        let range = ValueRange(lowest: 1, highest: 4)
        let whole = Picture(barOf: range, unit: " m", height: height)
        #expect(whole.width > 10 && whole.height >= height)
        let bar = (0..<whole.height).map { whole[$0, 4 * max(1, height / 160)] }
        let first = bar.firstIndex(of: Palette.color(ofDistance: 0))
        let last = bar.lastIndex(of: Palette.color(ofDistance: 1))
        #expect(first != nil && last != nil && first! < last!)
    }

    @Test func theLargestScoreWinsAndTheFirstOfEquals() {
        let map = PixelMap(height: 1, width: 2, channels: 3, values: [0, 2, 1, 5, 5, 1])
        #expect(map.withView(\.winningClasses) == [1, 0])
    }
}
