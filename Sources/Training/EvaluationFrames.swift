import Configuration

/// At which size each picture of a list is evaluated.
///
/// Pictures of a published data set lie in the middle of a frame of one size, as its evaluations have it. A user's
/// pictures are of any size, and each is evaluated at its own, as `modulor predict` answers it: a network looks at all
/// that is in its frame (ASPP averages over it), so in a frame for the largest picture the figures of a small one would
/// depend on its neighbours.
package struct EvaluationFrames: Sendable {
    /// One for all pictures, or one for each.
    private let sizes: [PixelSize]

    /// The same for all pictures.
    package init(all size: PixelSize) {
        sizes = [size]
    }

    /// One for each picture, in the order of the list.
    package init(each sizes: [PixelSize]) {
        precondition(!sizes.isEmpty, "a list has pictures")
        self.sizes = sizes.allSatisfy { $0 == sizes[0] } ? [sizes[0]] : sizes
    }

    /// Whether all pictures have the same.
    package var areEqual: Bool { sizes.count == 1 }

    /// The one with the most pixels.
    var largest: PixelSize { sizes.max { $0.height * $0.width < $1.height * $1.width }! }

    /// The frame of a picture, by its place in the list.
    package subscript(picture: Int) -> PixelSize { areEqual ? sizes[0] : sizes[picture] }

    /// `pictures` cut wherever the size changes.
    func runs(of pictures: Range<Int>) -> [(pictures: Range<Int>, size: PixelSize)] {
        guard !areEqual else { return [(pictures, sizes[0])] }
        var runs: [(pictures: Range<Int>, size: PixelSize)] = []
        for picture in pictures {
            if let last = runs.last, last.size == sizes[picture] {
                runs[runs.count - 1].pictures = last.pictures.lowerBound..<picture + 1
            } else {
                runs.append((picture..<picture + 1, sizes[picture]))
            }
        }
        return runs
    }
}
