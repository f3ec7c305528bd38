import Collectives
import ConvolutionEngine
import Datasets
import Graph
import Networks
import TensorCore

/// The means and covariances of what every bank convolution responds to images, before its batch norm (section 3.3).
///
/// Images are taken in blocks of four; a block's moments are summed in double, pixel by pixel, and blocks along the tree
/// over all of them. So the bits depend neither on threads nor on ranks. No response outlives its block.
package struct ResponseStatistics: Sendable {
    package struct Layer: Sendable {
        /// Of each channel, over all pixels of all images.
        package let mean: [Double]
        /// channels × channels, row-major, symmetric; sums divided by the count of pixels.
        package let covariance: [Double]
    }

    /// In the order of the network's layers.
    package let layers: [Layer]

    static let imagesPerBlock = 4

    /// Runs the network in evaluation over the images; ranks share the blocks.
    ///
    /// - Parameters:
    ///   - network: built for images of the data's crop.
    ///   - observe: told how many of this rank's blocks are done and how many there are.
    /// - Returns: the statistics on the first rank; nil on others.
    package static func gather(
        _ network: ResponseNetwork, parameters: NetworkParameters, data: ResponseData, kernels: Kernels,
        pool: ThreadPool, team: RankTeam = RankTeam(), observe: (Int, Int) -> Void = { _, _ in }
    ) throws -> ResponseStatistics? {
        let blocks = (data.count + imagesPerBlock - 1) / imagesPerBlock
        // Ranks beyond the blocks have nothing to do but to listen.
        let busy = min(team.size, blocks)
        let shards = Shards(samples: blocks, ranks: busy).ranges
        let own = team.rank < busy ? shards[team.rank] : 0..<0
        let tree = ReductionTree(shard: min(team.rank, busy - 1), of: shards)
        let pass = try EvaluationPass(
            graphs: [network.graph], parameters: parameters, samples: imagesPerBlock, kernels: kernels, pool: pool)
        let moments = ResponseMoments(pass.outputs.map(\.value))
        var fold = MomentFold(tree)
        if !own.isEmpty {
            let loader = try BatchLoader(
                source: data.source, tasks: [],
                plan: .training(
                    order: SampleOrder(
                        count: data.source.count, batchSize: imagesPerBlock, seed: UInt64(data.seed)),
                    augmentation: CentralCrop(
                        cropHeight: data.crop.height, cropWidth: data.crop.width, margin: data.margin)),
                workers: data.workers, startingAt: own.lowerBound)
            for block in own {
                guard let batch = try loader.next() else { preconditionFailure("the order of samples never ends") }
                pass.input.update(from: batch.images, count: pass.inputCount)
                pass.run()
                // The last block may go beyond the images that are wanted.
                moments.gather(images: min(imagesPerBlock, data.count - block * imagesPerBlock), on: pool)
                fold.add(moments.block)
                observe(block - own.lowerBound + 1, own.count)
            }
            loader.stop()
        }
        guard let total = try fold.total(count: moments.count, team: team) else { return nil }
        return ResponseStatistics(layers: moments.places.map { Layer(total, at: $0, images: data.count) })
    }
}

extension ResponseStatistics.Layer {
    init(_ total: [Double], at place: ResponseMoments.Place, images: Int) {
        let channels = place.channels
        let pixels = Double(images * place.pixels)
        let mean = total[place.sums..<place.products].map { $0 / pixels }
        var covariance = [Double](repeating: 0, count: channels * channels)
        for row in 0..<channels {
            for column in row..<channels {
                let value = total[place.products + row * channels + column] / pixels - mean[row] * mean[column]
                covariance[row * channels + column] = value
                covariance[column * channels + row] = value
            }
        }
        self.mean = mean
        self.covariance = covariance
    }
}
