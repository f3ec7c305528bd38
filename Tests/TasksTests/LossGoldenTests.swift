import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Tasks
import TensorCore
import Testing

/// Every loss from its configuration to its gradient, against PyTorch in float64; `Scripts/losses.py` writes the fixture.
@Suite struct LossGoldenTests {
    struct Golden: Decodable {
        struct Case: Decodable, Sendable, CustomStringConvertible {
            struct Error: Decodable {
                let value: Double
                let gradient: Double
            }
            let kind: String
            let channels: Int
            let loss: String
            let value: Double
            let gradient: [Double]
            let float32: Error

            var description: String { "\(kind) \(loss)" }
        }
        let samples: Int
        let height: Int
        let width: Int
        let weight: Double
        let cases: [Case]
    }

    static let golden: Golden = {
        let url = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/losses.json")
        do {
            return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// A configuration of one loss of each kind.
    struct Document: ConfigurationDocument {
        var losses = TaskKind.allCases.map { LossSettings($0) }

        mutating func visit(_ visitor: inout some ConfigurationVisitor) {
            for index in losses.indices { visitor.section("\(losses[index].kind)", &losses[index]) }
        }
    }

    static var pixels: Int { golden.samples * golden.height * golden.width }
    static let unknownSample = 3

    /// Outputs in N, H, W, C order.
    static func output(_ golden: Golden.Case) -> [Float] {
        let stream = RandomStream("loss output " + golden.kind)
        let (scale, around): (Double, Double) =
            switch golden.kind {
            case "classes", "score": (4, 0)
            case "direction": (1, 0)
            case "distance": (5, 4)
            default: (3, 0)
            }
        return (0..<pixels * golden.channels).map { Float(around + scale * Double(stream.signed(UInt64($0)))) }
    }

    static func labels(_ golden: Golden.Case, _ kind: LossKind) -> [Float] {
        let own = kind.labelChannels(golden.channels)
        let name = "loss label " + golden.kind
        let (stream, unknown) = (RandomStream(name), RandomStream(name + " unknown"))
        let together = golden.kind == "direction" ? own : 1
        let perSample = pixels * own / Self.golden.samples
        return (0..<pixels * own).map { index in
            if unknown.bits(UInt64(index / together)) % 8 == 0 || index / perSample == unknownSample {
                return kind.unknownLabel
            }
            switch golden.kind {
            case "classes": return Float(stream.bits(UInt64(index)) % UInt64(golden.channels - 1))
            case "score": return stream.bits(UInt64(index)) & 3 == 0 ? 1 : 0
            case "distance": return Float(0.05 + 9 * Double(stream.unit(UInt64(index))))
            case "direction":
                let vector = (0..<3).map { Double(stream.signed(UInt64(index / 3 * 3 + $0))) }
                return Float(vector[index % 3] / vector.reduce(0) { $0 + $1 * $1 }.squareRoot())
            default: return 3 * stream.signed(UInt64(index))
            }
        }
    }

    static func kind(_ golden: Golden.Case) throws -> LossKind {
        let text = "\(golden.kind): \(golden.loss)"
        let settings = try Document.parse(text, file: "loss.yaml").losses.first { "\($0.kind)" == golden.kind }!
        let labels = labels(golden, .crossEntropy())
        return try LossKind(settings, of: "crops", channels: golden.channels) {
            let none = [Int64](repeating: 0, count: golden.channels)
            var frequencies = ClassFrequencies(pixels: none, pixelsOfImages: none)
            let perSample = labels.count / Self.golden.samples
            for sample in 0..<Self.golden.samples {
                frequencies.add(Array(labels[sample * perSample..<(sample + 1) * perSample]))
            }
            return frequencies
        }
    }

    struct Result: Equatable {
        var value: UInt64
        var gradient: [UInt32]
    }

    /// The loss of the batch, cut into as many shards as there are ranks.
    static func run(
        _ kind: LossKind, channels: Int, output: [Float], labels: [Float], ranks: Int, set: InstructionSet = .best
    ) -> Result {
        let (samples, weight) = (golden.samples, golden.weight)
        let pool = ThreadPool(threads: 2)
        let bounds = (0...ranks).map { samples * $0 / ranks }
        let shards = (0..<ranks).map { bounds[$0]..<bounds[$0 + 1] }
        let perSample = golden.height * golden.width * channels
        let memory = AlignedMemory(byteCount: 2 * output.count * MemoryLayout<Float>.stride)
        let (values, gradient) = (memory.floats(), memory.floats() + output.count)
        for index in output.indices { (values[index], gradient[index]) = (output[index], .nan) }
        let losses = shards.indices.map { rank in
            func view(_ data: UnsafeMutablePointer<Float>) -> TensorView {
                TensorView(
                    data: data + shards[rank].lowerBound * perSample, samples: shards[rank].count,
                    height: golden.height, width: golden.width, channels: channels)
            }
            let loss = TaskLoss(
                kind, output: view(values), gradient: view(gradient), kernels: Kernels(set),
                tree: ReductionTree(shard: rank, of: shards))
            let first = shards[rank].lowerBound * (labels.count / samples)
            for index in 0..<loss.labelCount { loss.labels[index] = labels[first + index] }
            return loss
        }
        var counts = [Int64](repeating: 0, count: losses[0].countLength)
        for loss in losses {
            var own = [Int64](repeating: -1, count: counts.count)
            loss.count(into: &own, on: pool)
            for index in counts.indices { counts[index] += own[index] }
        }
        var sums: [Double] = []
        for (rank, loss) in losses.enumerated() {
            loss.run(weight: weight, counts: counts, on: pool)
            let subtrees = ReductionTree(shard: rank, of: shards).subtrees
            sums += (0..<subtrees).map { loss.subtreeSums[$0] }
        }
        let sum = ReductionTree(shard: 0, of: shards).combine(sums)
        let value = losses[0].value(ofSum: sum, weight: weight, counts: counts)
        return Result(
            value: value.bitPattern, gradient: (0..<output.count).map { gradient[$0].bitPattern })
    }

    @Test(arguments: golden.cases, InstructionSet.allCases.filter(\.isAvailable))
    func lossesAreThoseOfPyTorch(_ golden: Golden.Case, _ set: InstructionSet) throws {
        let kind = try Self.kind(golden)
        let result = Self.run(
            kind, channels: golden.channels, output: Self.output(golden), labels: Self.labels(golden, kind), ranks: 1,
            set: set)
        // The scale and the gradient are rounded to float32 (2⁻²⁴ each), and exponentials are 1 ulp off: 2⁻²² together.
        let value = Double(bitPattern: result.value)
        #expect(abs(value - golden.value) <= max(4 * golden.float32.value, 0x1p-22 * abs(golden.value)))
        let largest = golden.gradient.map(abs).max()!
        let errors = zip(result.gradient, golden.gradient).map { abs(Double(Float(bitPattern: $0)) - $1) }
        #expect(errors.max()! <= max(4 * golden.float32.gradient, 0x1p-22 * largest), "\(errors.max()!) of \(largest)")
    }

    @Test(arguments: golden.cases) func shardsGiveTheSameBits(_ golden: Golden.Case) throws {
        let kind = try Self.kind(golden)
        let (output, labels) = (Self.output(golden), Self.labels(golden, kind))
        let alone = Self.run(kind, channels: golden.channels, output: output, labels: labels, ranks: 1)
        for ranks in 2...4 {
            let shared = Self.run(kind, channels: golden.channels, output: output, labels: labels, ranks: ranks)
            #expect(shared == alone, "\(ranks) ranks")
        }
    }

    @Test(arguments: golden.cases) func aBatchOfWhichNothingIsKnownGivesZero(_ golden: Golden.Case) throws {
        let kind = try Self.kind(golden)
        let labels = Self.labels(golden, kind).map { _ in kind.unknownLabel }
        let result = Self.run(
            kind, channels: golden.channels, output: Self.output(golden), labels: labels, ranks: 2)
        #expect(Double(bitPattern: result.value) == 0)
        #expect(result.gradient.allSatisfy { Float(bitPattern: $0) == 0 })
    }

    /// Weighted cross-entropy of pixels whose classes all weigh nothing has no divisor; its Dice term has one.
    @Test func pixelsOfNoWeightLeaveTheDiceTerm() throws {
        let golden = Self.golden.cases[0]
        let labels = Self.labels(golden, .crossEntropy()).map { $0 == 255 ? $0 : Float(3) }
        func run(_ dice: DiceTerm?) -> Result {
            let kind = LossKind.crossEntropy(CrossEntropyLoss(classWeights: [1, 1, 1, 0], dice: dice))
            return Self.run(kind, channels: 4, output: Self.output(golden), labels: labels, ranks: 2)
        }
        let (without, with) = (run(nil), run(DiceTerm(weight: 2, smooth: 1)))
        #expect(Double(bitPattern: without.value) == 0)
        #expect(without.gradient.allSatisfy { Float(bitPattern: $0) == 0 })
        let value = Double(bitPattern: with.value)
        #expect(value > 0 && value < 2 * Self.golden.weight)
        #expect(with.gradient.contains { Float(bitPattern: $0) != 0 })
    }

    @Test func aListOfClassWeightsHasOneForEachClass() throws {
        var settings = LossSettings(.classes)
        settings.classWeights = .list([1, 2, 3])
        let error = #expect(throws: LossError.self) {
            try LossKind(settings, of: "crops", channels: 4) { ClassFrequencies(evenOver: 4) }
        }
        #expect(
            error?.description
                == "tasks.crops.loss.class_weights has 3 numbers and the data set 4 classes of crops; give one number for each class"
        )
    }

    /// Counted by hand: 6 known pixels of class 0, 2 of class 1, none of class 2, in images of 4 and 4 known pixels.
    @Test func classWeightsFollowFromFrequencies() {
        var frequencies = ClassFrequencies(pixels: [0, 0, 0], pixelsOfImages: [0, 0, 0])
        frequencies.add([0, 0, 0, 0, 255])
        frequencies.add([0, 0, 1, 1])
        frequencies.add([255, 255])
        #expect(frequencies.pixels == [6, 2, 0])
        #expect(frequencies.pixelsOfImages == [8, 4, 0])
        #expect(frequencies.unseen == [2])
        #expect(frequencies.weights(.inverse) == [8.0 / 18, 8.0 / 6, 0])
        // Frequencies 0.75 and 0.5; their median is 0.625.
        #expect(frequencies.weights(.median) == [0.625 / 0.75, 0.625 / 0.5, 0])
    }
}
