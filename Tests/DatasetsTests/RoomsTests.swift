import Datasets
import TensorCore
import Testing

@Suite("Rooms: the embedded data set")
struct RoomsTests {
    static let everything = LearningTask.paper

    /// FNV-1a over the bits of all values.
    static func checksum(_ maps: [PixelMap]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for map in maps {
            for value in map.values {
                hash = (hash ^ UInt64(value.bitPattern)) &* 0x0000_0100_0000_01B3
            }
        }
        return hash
    }

    static func maps(_ sample: Sample) -> [PixelMap] {
        [sample.image] + everything.compactMap { sample.labels[$0] }
    }

    @Test("a sample depends on seed and index alone, not on order, threads or the range it is read through")
    func deterministic() async {
        let rooms = Rooms(seed: 7, first: 100, count: 12, height: 40, width: 56)
        let forward = (0..<12).map { Self.checksum(Self.maps(rooms.sample(at: $0, tasks: Self.everything))) }
        let backward = (0..<12).reversed().map {
            Self.checksum(Self.maps(rooms.sample(at: $0, tasks: Self.everything)))
        }
        #expect(forward == backward.reversed())
        let parallel = await withTaskGroup(of: (Int, UInt64).self) { group in
            for index in 0..<12 {
                group.addTask { (index, Self.checksum(Self.maps(rooms.sample(at: index, tasks: Self.everything)))) }
            }
            return await group.reduce(into: [UInt64](repeating: 0, count: 12)) { $0[$1.0] = $1.1 }
        }
        #expect(forward == parallel)
        #expect(Set(forward).count == 12, "no two samples are alike")

        let shifted = Rooms(seed: 7, first: 105, count: 1, height: 40, width: 56).sample(at: 0, tasks: [.depth])
        let same = rooms.sample(at: 5, tasks: [.depth])
        #expect(shifted.identifier == same.identifier)
        #expect(shifted.image == same.image)
        #expect(shifted.labels == same.labels)
        let otherSeed = Rooms(seed: 8, first: 105, count: 1, height: 40, width: 56).sample(at: 0, tasks: [])
        #expect(otherSeed.image != same.image)
        #expect(otherSeed.identifier != same.identifier)
    }

    @Test("samples keep their bits from release to release", arguments: GoldenSample.all)
    func golden(_ golden: GoldenSample) {
        let rooms = Rooms(seed: golden.seed, first: golden.index, count: 1, height: golden.height, width: golden.width)
        let sample = rooms.sample(at: 0, tasks: Self.everything)
        #expect(Self.checksum([sample.image]) == golden.image)
        #expect(Self.checksum(Self.everything.compactMap { sample.labels[$0] }) == golden.labels)
    }

    @Test("only the tasks asked for are labelled")
    func tasks() {
        let rooms = Rooms(seed: 1, first: 0, count: 1, height: 9, width: 7)
        #expect(rooms.tasks == Self.everything)
        #expect(Set(rooms.sample(at: 0, tasks: [.sal, .edge]).labels.keys) == [.sal, .edge])
        #expect(rooms.sample(at: 0, tasks: []).labels.isEmpty)
        #expect(rooms.classNames(of: .semseg).count == 8)
        #expect(rooms.classNames(of: .humanParts).count == 7)
        #expect(rooms.classNames(of: .depth).isEmpty)
    }

    @Test("labels are in range at any size", arguments: [(1, 1), (1, 9), (61, 82), (82, 61), (48, 48)])
    func encodings(height: Int, width: Int) throws {
        let rooms = Rooms(seed: 3, first: 0, count: 12, height: height, width: width)
        for index in 0..<rooms.count {
            let sample = rooms.sample(at: index, tasks: Self.everything)
            #expect(sample.image.height == height && sample.image.width == width && sample.image.channels == 3)
            #expect(sample.image.values.allSatisfy { $0 >= 0 && $0 <= 255 })
            for task in Self.everything {
                let map = try #require(sample.labels[task])
                #expect(map.height == height && map.width == width && map.channels == task.labelChannels)
            }
            func values(_ task: LearningTask) throws -> [Float] { try #require(sample.labels[task]).values }
            #expect(try values(.semseg).allSatisfy { (0..<8).map(Float.init).contains($0) })
            #expect(try values(.edge).allSatisfy { $0 == 0 || $0 == 1 })
            #expect(try values(.sal).allSatisfy { $0 == 0 || $0 == 1 })
            // Nothing in a room is farther than its diagonal: 6 m by 3.2 m by 6.5 m.
            #expect(try values(.depth).allSatisfy { $0 > 0 && $0 < 9.5 })
        }
    }

    @Test("normals have unit length and face the camera")
    func normals() throws {
        let rooms = Rooms(seed: 5, first: 0, count: 10, height: 64, width: 64)
        for index in 0..<rooms.count {
            let sample = rooms.sample(at: index, tasks: [.normals, .depth])
            let normals = try #require(sample.labels[.normals]).values
            for pixel in 0..<64 * 64 {
                let (x, y, z) = (normals[pixel * 3], normals[pixel * 3 + 1], normals[pixel * 3 + 2])
                // A handful of float32 roundings.
                #expect(abs(x * x + y * y + z * z - 1) < 1e-6)
            }
            // Rays spread by at most 45 degrees around -z, so no visible surface looks farther away than that.
            let averted = (0..<64 * 64).filter { normals[$0 * 3 + 2] < -0.72 }
            #expect(averted.isEmpty)
        }
    }

    @Test("normals agree with the depth around them")
    func normalsMatchDepth() throws {
        let size = 96
        let rooms = Rooms(seed: 6, first: 0, count: 8, height: size, width: size)
        for index in 0..<rooms.count {
            let sample = rooms.sample(at: index, tasks: [.normals, .depth])
            let depth = try #require(sample.labels[.depth]).values
            let normals = try #require(sample.labels[.normals]).values
            let instances = rooms.instances(at: index)
            // On a plane 1/depth is affine in the pixel's place: its slopes are proportional to the normal's x and y.
            var products = 0.0
            var squares = (0.0, 0.0)
            for row in 1..<size - 1 {
                for column in 1..<size - 1 {
                    let pixel = row * size + column
                    guard instances[pixel] < 6, instances[pixel - 1] == instances[pixel],
                        instances[pixel + 1] == instances[pixel]
                    else { continue }
                    let slope = Double(1 / depth[pixel + 1] - 1 / depth[pixel - 1])
                    // Plane: n·p = -c with p = depth · (sx, sy, -1) gives 1/depth = -(n·(sx, sy, -1))/c, c > 0.
                    let distance = -Double(normals[pixel * 3]) / max(abs(slope), 1e-9)
                    products += slope * Double(-normals[pixel * 3])
                    squares.0 += slope * slope
                    squares.1 += Double(normals[pixel * 3] * normals[pixel * 3])
                    if abs(slope) > 1e-3 { #expect((distance > 0) == (slope > 0)) }
                }
            }
            if squares.0 > 0 { #expect(products > 0.5 * (squares.0 * squares.1).squareRoot()) }
        }
    }

    @Test("edges are thin and lie exactly where one thing ends and another begins")
    func edges() throws {
        let (height, width) = (70, 90)
        let rooms = Rooms(seed: 9, first: 0, count: 8, height: height, width: width)
        for index in 0..<rooms.count {
            let edges = try #require(rooms.sample(at: index, tasks: [.edge]).labels[.edge]).values
            let instances = rooms.instances(at: index)
            var blocks = 0
            var missed = 0
            var stray = 0
            for row in 0..<height - 1 {
                for column in 0..<width - 1 {
                    let pixel = row * width + column
                    let changes =
                        instances[pixel] != instances[pixel + 1] || instances[pixel] != instances[pixel + width]
                    if edges[pixel] == 1, !changes { stray += 1 }
                    if changes {
                        // Thinning may move a line by a pixel, never remove it.
                        var near = false
                        for y in max(row - 1, 0)...min(row + 1, height - 1) {
                            for x in max(column - 1, 0)...min(column + 1, width - 1) where edges[y * width + x] == 1 {
                                near = true
                            }
                        }
                        if !near { missed += 1 }
                    }
                    // Where one line passes, it fills no block of four; outlines of thin things may touch.
                    guard row < height - 2, column < width - 2,
                        Self.isCutOnce(instances, start: pixel, width: width)
                    else { continue }
                    let block = edges[pixel] + edges[pixel + 1] + edges[pixel + width] + edges[pixel + width + 1]
                    if block == 4 { blocks += 1 }
                }
            }
            let total = edges.reduce(0, +)
            #expect(stray == 0)
            #expect(total > 100, "a furnished room has outlines")
            #expect(missed == 0)
            #expect(blocks == 0)
        }
    }

    /// Whether the 3 by 3 pixels from `start` show two things at most, and no row, column or diagonal of them changes
    /// from one to the other more than once.
    static func isCutOnce(_ instances: [Int32], start: Int, width: Int) -> Bool {
        let window = (0..<9).map { instances[start + $0 / 3 * width + $0 % 3] }
        let lines = [
            (0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6),
        ]
        let changesTwice = lines.contains { window[$0.0] != window[$0.1] && window[$0.1] != window[$0.2] }
        return Set(window).count <= 2 && !changesTwice
    }

    @Test("parts lie on people and nowhere else; without people all is unknown")
    func parts() throws {
        let rooms = Rooms(seed: 11, first: 0, count: 40, height: 48, width: 48)
        let person = try #require(rooms.classNames(of: .semseg).firstIndex(of: "person"))
        var deserted = 0
        var seen = Set<Float>()
        for index in 0..<rooms.count {
            let sample = rooms.sample(at: index, tasks: [.semseg, .humanParts])
            let classes = try #require(sample.labels[.semseg]).values
            let parts = try #require(sample.labels[.humanParts]).values
            if classes.contains(Float(person)) {
                #expect(zip(classes, parts).allSatisfy { ($0 == Float(person)) == (1...6).contains($1) })
                #expect(zip(classes, parts).allSatisfy { $0 == Float(person) || $1 == 0 })
                seen.formUnion(parts)
            } else {
                deserted += 1
                #expect(parts.allSatisfy { $0 == 255 })
            }
        }
        #expect(deserted > 2 && deserted < 30)
        #expect(seen == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test("the salient mask is one whole object")
    func saliency() throws {
        let rooms = Rooms(seed: 13, first: 0, count: 16, height: 48, width: 64)
        for index in 0..<rooms.count {
            let mask = try #require(rooms.sample(at: index, tasks: [.sal]).labels[.sal]).values
            let instances = rooms.instances(at: index)
            let chosen = Set(zip(mask, instances).filter { $0.0 == 1 }.map { $0.1 })
            #expect(chosen.count == 1)
            let instance = try #require(chosen.first)
            #expect(instance >= 6, "sides of the room do not stand out")
            #expect(zip(mask, instances).allSatisfy { ($0 == 1) == ($1 == instance) })
        }
    }

    @Test("the same room at twice the size shows the same things")
    func resolutions() throws {
        let small = Rooms(seed: 15, first: 0, count: 4, height: 41, width: 41)
        let large = Rooms(seed: 15, first: 0, count: 4, height: 123, width: 123)
        for index in 0..<small.count {
            let a = small.sample(at: index, tasks: [.depth, .semseg])
            let b = large.sample(at: index, tasks: [.depth, .semseg])
            for task in [LearningTask.depth, .semseg] {
                let coarse = try #require(a.labels[task]).values
                let fine = try #require(b.labels[task]).values
                // Pixel (r, c) and pixel (3r + 1, 3c + 1) have the same centre; rounding may tip a few at outlines.
                var differing = 0
                for row in 0..<41 {
                    for column in 0..<41 {
                        let other = fine[(3 * row + 1) * 123 + 3 * column + 1]
                        if abs(coarse[row * 41 + column] - other) > 1e-4 * other { differing += 1 }
                    }
                }
                #expect(differing <= 4)
            }
        }
    }
}

/// What a sample's bits were when Rooms was made. A change of these is a new data set: results made with the old one
/// no longer compare.
struct GoldenSample: Sendable, CustomTestStringConvertible {
    let seed: UInt64
    let index: Int
    let height: Int
    let width: Int
    let image: UInt64
    let labels: UInt64

    var testDescription: String { "seed \(seed), index \(index), \(height) × \(width)" }

    static let all = [
        GoldenSample(
            seed: 0, index: 0, height: 96, width: 96, image: 18_108_899_304_683_864_903,
            labels: 10_853_115_848_088_561_445),
        GoldenSample(
            seed: 1, index: 123_456, height: 61, width: 82, image: 12_637_185_271_636_979_127,
            labels: 15_206_652_415_679_264_252),
        GoldenSample(
            seed: 2, index: 7, height: 33, width: 17, image: 5_191_045_844_090_389_312,
            labels: 5_304_849_597_103_495_483),
    ]
}
