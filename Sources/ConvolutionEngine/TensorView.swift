import CConvolution

/// Where an activation lies: `samples` × `height` × `width` × `channels` float32, channels contiguous.
///
/// `pixelStride` may exceed the channels, so that a view may be a slice of the channels of a wider tensor; rows and
/// samples follow each other without gaps.
package struct TensorView {
    package var data: UnsafeMutablePointer<Float>
    package var samples: Int
    package var height: Int
    package var width: Int
    package var channels: Int
    package var pixelStride: Int

    package init(
        data: UnsafeMutablePointer<Float>, samples: Int, height: Int, width: Int, channels: Int, pixelStride: Int? = nil
    ) {
        self.data = data
        self.samples = samples
        self.height = height
        self.width = width
        self.channels = channels
        self.pixelStride = pixelStride ?? channels
    }

    package var rowStride: Int { width * pixelStride }
    package var sampleStride: Int { height * rowStride }

    package var view: mdl_view {
        mdl_view(data: data, sample: sampleStride, row: rowStride, pixel: pixelStride)
    }

    package var extent: mdl_extent {
        mdl_extent(height: Int32(height), width: Int32(width), channels: Int32(channels))
    }

    /// How passes cut one sample into chunks of rows: some 2,048 values each. It depends on one sample's extent
    /// alone, because partial sums are formed per chunk.
    package var rows: mdl_rows {
        let rows = max(1, 2048 / max(1, width * channels))
        return mdl_rows(rows: Int32(rows), chunks: Int32((height + rows - 1) / rows))
    }
}
