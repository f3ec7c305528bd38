import CConvolution
import TensorCore
import Testing

/// The instruction sets of this machine other than the scalar references.
let fastSets: [mdl_isa] = [mdl_isa_portable, mdl_isa_avx2, mdl_isa_avx512].filter { mdl_isa_available($0) != 0 }

let scalar = mdl_passes_for(mdl_isa_scalar)!.pointee

func passes(_ isa: mdl_isa) -> mdl_passes { mdl_passes_for(isa)!.pointee }

/// Runs every item as one worker would.
func run<Arguments>(_ kernel: mdl_kernel, _ arguments: Arguments, items: Int) {
    withUnsafePointer(to: arguments) { pointer in
        for item in 0..<items { kernel(pointer, Int32(item), 0) }
    }
}

/// Memory that lives as long as a test case, because kernels hold pointers that Swift does not see.
final class TestMemory: @unchecked Sendable {
    @TaskLocal static var current: TestMemory?

    private var blocks: [UnsafeMutableRawPointer] = []

    func allocate<Element: BitwiseCopyable>(_ count: Int, of _: Element.Type) -> UnsafeMutableBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
        blocks.append(UnsafeMutableRawPointer(buffer.baseAddress!))
        return buffer
    }

    deinit { for block in blocks { block.deallocate() } }
}

/// Gives every test case of a suite its own memory.
struct TestMemoryTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await TestMemory.$current.withValue(TestMemory(), operation: function)
    }
}

extension Trait where Self == TestMemoryTrait {
    static var ownMemory: TestMemoryTrait { TestMemoryTrait() }
}

/// Numbers in a test case's memory.
struct Memory<Element: BitwiseCopyable> {
    let all: UnsafeMutableBufferPointer<Element>
    var pointer: UnsafeMutablePointer<Element> { all.baseAddress! }

    init(_ count: Int, _ value: (Int) -> Element) {
        guard let memory = TestMemory.current else { preconditionFailure("the suite needs the trait .ownMemory") }
        all = memory.allocate(max(count, 1), of: Element.self)
        for index in 0..<count { all.initializeElement(at: index, to: value(index)) }
    }

    /// The bits, so that NaN equals itself and 0 differs from -0.
    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(all)) }
    var values: [Element] { Array(all) }
}

extension Memory where Element == Float {
    /// Values in [-scale, scale), a function of the name.
    static func random(_ name: String, _ count: Int, scale: Float = 1, around: Float = 0) -> Memory {
        let stream = RandomStream(name)
        return Memory(count) { around + scale * stream.signed(UInt64($0)) }
    }
}

/// An activation tensor; as a slice it is the channels 3, 4 … of a wider one. What lies around it is kept in `bytes`,
/// so that a kernel that writes too much is found.
struct Tensor {
    let extent: mdl_extent
    let samples: Int
    let memory: Memory<Float>
    let view: mdl_view

    /// `values(sample, index inside the sample)`.
    init(_ samples: Int, _ extent: mdl_extent, slice: Bool = false, values: (Int, Int) -> Float) {
        let margin = slice ? 3 : 0
        let channels = Int(extent.channels)
        let pixel = channels + 2 * margin
        let pixels = Int(extent.height) * Int(extent.width)
        let stored = samples * pixels * pixel
        self.extent = extent
        self.samples = samples
        memory = Memory(stored + 32) { position in
            let place = position - 16
            if place < 0 || place >= stored { return 77 }
            let channel = place % pixel - margin
            if channel < 0 || channel >= channels { return 77 }
            let (sample, within) = (place / (pixels * pixel), place / pixel % pixels)
            return values(sample, within * channels + channel)
        }
        view = mdl_view(
            data: memory.pointer + 16 + margin, sample: pixels * pixel, row: Int(extent.width) * pixel, pixel: pixel)
    }

    /// Random values in [-scale, scale); the samples 0 and 2, 1 and 3 … are equal.
    static func random(
        _ name: String, _ samples: Int, _ extent: mdl_extent, slice: Bool = false, scale: Float = 1
    ) -> Tensor {
        let stream = RandomStream(name)
        return Tensor(samples, extent, slice: slice) { sample, index in
            scale * stream.substream(UInt64(sample % 2)).signed(UInt64(index))
        }
    }

    /// A view on nothing, which stands for an operand that is left out.
    static var none: mdl_view { mdl_view(data: nil, sample: 0, row: 0, pixel: 0) }

    var bytes: [UInt8] { memory.bytes }

    /// Sample, row, column, channel.
    func at(_ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Float {
        view.data[sample * view.sample + row * view.row + column * view.pixel + channel]
    }

    /// The values in the order of memory, without what lies around.
    var values: [Float] {
        (0..<samples).flatMap(values(of:))
    }

    func values(of sample: Int) -> [Float] {
        var result: [Float] = []
        for row in 0..<Int(extent.height) {
            for column in 0..<Int(extent.width) {
                for channel in 0..<Int(extent.channels) { result.append(at(sample, row, column, channel)) }
            }
        }
        return result
    }
}

/// One geometry that all kernels are tried on: two different samples, and the first once more at another place.
struct PassCase: CustomStringConvertible, Sendable {
    let channels: Int
    let height: Int
    let width: Int
    let slice: Bool
    let samples = 3

    var extent: mdl_extent { mdl_extent(height: Int32(height), width: Int32(width), channels: Int32(channels)) }
    /// Chunks of two rows, the last of which may be short.
    var rows: mdl_rows { PassCase.rows(height) }
    var items: Int { samples * Int(rows.chunks) }
    var description: String { "\(height)x\(width)x\(channels)\(slice ? " slice" : "")" }

    static func rows(_ height: Int) -> mdl_rows { mdl_rows(rows: 2, chunks: Int32((height + 1) / 2)) }

    static let all: [PassCase] = [1, 3, 7, 12, 16, 21, 33, 64, 85].flatMap { channels in
        [false, true].flatMap { slice in
            [PassCase(channels: channels, height: 5, width: 7, slice: slice)]
                // Wide enough for sums to be carried from visit to visit of a row.
                + (channels < 20 ? [PassCase(channels: channels, height: 3, width: 67, slice: slice)] : [])
        }
    }

    func tensor(_ name: String, scale: Float = 1) -> Tensor {
        .random(name, samples, extent, slice: slice, scale: scale)
    }

    /// Random ReLU masks, again the same for the samples 0 and 2; NULL-able by not passing them on.
    func mask(_ name: String) -> Memory<UInt16> {
        let stream = RandomStream(name)
        let words = height * width * ((channels + 15) / 16)
        return Memory(samples * words) {
            UInt16(truncatingIfNeeded: stream.bits(UInt64($0 / words % 2 * words + $0 % words)))
        }
    }
}

/// Expects equal arrays and names the first place where they differ; of long arrays `#expect` would search for the
/// shortest edit, for minutes.
func expectEqual<Element: Equatable>(
    _ actual: [Element], _ expected: [Element], _ comment: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if actual == expected { return }
    let place = zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    Issue.record("\(comment()): differs first at \(place ?? -1)", sourceLocation: sourceLocation)
}

/// Expects that what `outputs` computes has the same bits for every instruction set as for the references.
func expectBitsOfReference(
    _ comment: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation,
    outputs: (mdl_passes) -> [[UInt8]]
) {
    let expected = outputs(scalar)
    for isa in fastSets {
        let actual = outputs(passes(isa))
        for index in expected.indices {
            expectEqual(
                actual[index], expected[index], "output \(index), instruction set \(isa.rawValue), \(comment())",
                sourceLocation: sourceLocation)
        }
    }
}

/// Expects that samples 0 and 2, which were given the same input, have the same bits.
func expectSameSamples(_ tensor: Tensor, sourceLocation: SourceLocation = #_sourceLocation) {
    expectEqual(
        tensor.values(of: 0).map(\.bitPattern), tensor.values(of: 2).map(\.bitPattern), "samples 0 and 2",
        sourceLocation: sourceLocation)
}

/// The same for numbers per item, whose first and last third belong to those samples.
func expectSameSamples(_ partials: Memory<Double>, sourceLocation: SourceLocation = #_sourceLocation) {
    let bits = partials.values.map(\.bitPattern)
    expectEqual(
        Array(bits.prefix(bits.count / 3)), Array(bits.suffix(bits.count / 3)), "samples 0 and 2",
        sourceLocation: sourceLocation)
}
