import CConvolution
import TensorCore
import Testing

@Suite(.ownMemory) struct MomentsTests {
    /// Every sum is formed pixel by pixel, so that it can be repeated to the bit.
    @Test(arguments: [1, 7, 8, 13, 24, 35], [0, 1, 128, 300])
    func sumsAndProductsAreFormedInTheOrderOfPixels(channels: Int, pixels: Int) {
        let stream = RandomStream("responses")
        let stride = channels + 3
        let x = Memory<Float>(pixels * stride + 1) { 5 * stream.signed(UInt64($0)) + 1 }
        // They go on from what is there.
        let sums = Memory<Double>(channels) { Double($0) }
        let products = Memory<Double>(channels * channels) { 0.1 * Double($0) }
        run(
            mdl_moments_kernel,
            mdl_moments(
                x: x.pointer, pixel: stride, pixels: Int64(pixels), channels: Int32(channels), sums: sums.pointer,
                products: products.pointer),
            items: (channels + Int(mdl_moment_rows) - 1) / Int(mdl_moment_rows))
        for row in 0..<channels {
            var sum = Double(row)
            for pixel in 0..<pixels { sum += Double(x.values[pixel * stride + row]) }
            #expect(sums.values[row] == sum)
            for column in row..<channels {
                var product = 0.1 * Double(row * channels + column)
                for pixel in 0..<pixels {
                    product += Double(x.values[pixel * stride + row]) * Double(x.values[pixel * stride + column])
                }
                #expect(products.values[row * channels + column] == product)
            }
        }
    }
}
