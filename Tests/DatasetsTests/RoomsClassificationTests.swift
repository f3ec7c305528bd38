import Datasets
import Testing

@Suite("Rooms as a classification data set")
struct RoomsClassificationTests {
    @Test("a sample depends on seed and index alone")
    func deterministic() {
        let all = RoomsClassification(seed: 4, first: 0, count: 10, height: 32, width: 32)
        let tail = RoomsClassification(seed: 4, first: 6, count: 4, height: 32, width: 32)
        for index in 0..<4 {
            let a = all.example(at: 6 + index)
            let b = tail.example(at: index)
            #expect(a.image == b.image)
            #expect(a.classIndex == b.classIndex)
            #expect(a.classIndex == all.classIndex(at: 6 + index))
        }
        #expect(all.example(at: 0).image != all.example(at: 1).image)
    }

    @Test("as a source it gives the pictures alone")
    func source() {
        let rooms = RoomsClassification(seed: 4, first: 3, count: 2, height: 16, width: 16)
        let sample = rooms.sample(at: 1, tasks: [])
        #expect(sample.image == rooms.example(at: 1).image)
        #expect(sample.labels.isEmpty)
        #expect(sample.identifier == "rooms-classification-4-4")
    }

    @Test("classes are drawn with equal chances")
    func balance() {
        let rooms = RoomsClassification(seed: 4, first: 0, count: 6000, height: 8, width: 8)
        var counts = [Int](repeating: 0, count: rooms.classNames.count)
        for index in 0..<rooms.count { counts[rooms.classIndex(at: index)] += 1 }
        // 500 each on average with a standard deviation of 21.
        #expect(counts.count == 12)
        #expect(counts.allSatisfy { abs($0 - 500) < 100 })
    }

    @Test("the object that gives the class is large, near the middle, and in every picture")
    func subjectInView() {
        let size = 48
        let rooms = RoomsClassification(seed: 4, first: 0, count: 300, height: size, width: size)
        var share: Float = 0
        var central = 0
        for index in 0..<rooms.count {
            let mask = rooms.subjectMask(at: index).values
            let area = mask.reduce(0, +)
            #expect(area > 0.01 * Float(size * size), "sample \(index), class \(rooms.classIndex(at: index))")
            share += area / Float(size * size * rooms.count)
            var row: Float = 0
            var column: Float = 0
            for pixel in mask.indices where mask[pixel] == 1 {
                row += Float(pixel / size) / area
                column += Float(pixel % size) / area
            }
            if abs(row - 23.5) < 12, abs(column - 23.5) < 12 { central += 1 }
        }
        #expect(share > 0.1)
        #expect(central > 285)
    }
}
