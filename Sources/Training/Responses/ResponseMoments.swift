import CConvolution
import CThreadPool
import ConvolutionEngine
import Graph
import TensorCore

/// Sums of the responses of several layers and of their products, over blocks of images: what covariances are formed
/// from. Responses are looked at where the network leaves them, and never kept.
final class ResponseMoments {
    /// Where a layer's sums [channels] and products [channels][channels] lie among those of all layers.
    struct Place {
        let channels: Int
        /// Pixels of one image's response.
        let pixels: Int
        let sums: Int
        var products: Int { sums + channels }
        var end: Int { products + channels * channels }
    }

    let places: [Place]
    /// Doubles of all layers.
    let count: Int
    /// The last block's moments.
    let block: UnsafeMutableBufferPointer<Double>

    private let memory: AlignedMemory
    private let arguments = ArgumentStore()
    private let moments: [UnsafeMutablePointer<mdl_moments>]
    private let steps: UnsafeMutablePointer<mdl_step>

    /// - Parameter responses: one view for each layer, in which every block's responses stand.
    init(_ responses: [TensorView]) {
        var places: [Place] = []
        for response in responses {
            places.append(
                Place(
                    channels: response.channels, pixels: response.height * response.width,
                    sums: places.last?.end ?? 0))
        }
        let count = places.last?.end ?? 0
        memory = AlignedMemory(byteCount: count * MemoryLayout<Double>.stride)
        let base = memory.base.bindMemory(to: Double.self, capacity: count)
        block = UnsafeMutableBufferPointer(start: base, count: count)
        let arguments = self.arguments
        moments = zip(responses, places).map { response, place in
            arguments.keep(
                mdl_moments(
                    x: response.data, pixel: response.pixelStride, pixels: 0, channels: Int32(place.channels),
                    sums: base + place.sums, products: base + place.products))
        }
        steps = arguments.keep(
            zip(moments, places).map { moments, place in
                let rows = Int(mdl_moment_rows)
                return mdl_step(
                    kernel: mdl_moments_kernel, arguments: UnsafeRawPointer(moments),
                    items: Int32((place.channels + rows - 1) / rows), tag: 0)
            })
        self.places = places
        self.count = count
    }

    /// Forms the moments of the first `images` images' responses; one addition per pixel, in the order of pixels.
    func gather(images: Int, on pool: ThreadPool) {
        block.update(repeating: 0)
        for (moments, place) in zip(moments, places) { moments.pointee.pixels = Int64(images * place.pixels) }
        pool.run(steps, count: places.count)
    }
}
