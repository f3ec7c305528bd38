/// A convolution over inputs of one size: of all that is computed, what the choice of its algorithm may depend on.
package struct ConvolutionLayer: Hashable, Sendable {
    package let geometry: ConvolutionGeometry
    /// Pixels of one sample's input.
    package let height: Int
    package let width: Int

    package init(_ geometry: ConvolutionGeometry, height: Int, width: Int) {
        precondition(height > 0 && width > 0, "an input has pixels")
        self.geometry = geometry
        self.height = height
        self.width = width
    }

    package var outputHeight: Int { geometry.outputLength(height) }
    package var outputWidth: Int { geometry.outputLength(width) }

    /// The algorithms that `--convolution auto` may choose from, on machines with vectors.
    package var candidates: [ConvolutionAlgorithm] {
        [.direct] + (WinogradTiles.apply(to: geometry) ? WinogradTiles.sizes.map { .winograd(tile: $0) } : [])
    }
}

/// One of a convolution's three passes, by the name that profiles and files give it.
package enum ConvolutionPass: String, CaseIterable, Sendable {
    case forward
    case backwardToData = "backward to data"
    case backwardToFilter = "backward to filter"
}

/// A pass over a layer; its text, `64>64 3x3 padding 1 at 128x128, forward`, says all of it.
package struct LayerPass: Hashable, Sendable, LosslessStringConvertible {
    package let layer: ConvolutionLayer
    package let pass: ConvolutionPass

    package init(_ layer: ConvolutionLayer, _ pass: ConvolutionPass) {
        self.layer = layer
        self.pass = pass
    }

    package init?(_ description: String) {
        let pattern =
            #/(\d+)>(\d+) (\d+)x(\d+)(?: stride (\d+))?(?: padding (\d+))?(?: dilation (\d+))? at (\d+)x(\d+), (.+)/#
        guard let match = description.wholeMatch(of: pattern)?.output, match.3 == match.4,
            let pass = ConvolutionPass(rawValue: String(match.10))
        else { return nil }
        let numbers = [match.1, match.2, match.3, match.5 ?? "1", match.7 ?? "1", match.8, match.9].map { Int($0) ?? 0 }
        // A size that no layer has would overflow what is computed from it.
        guard numbers.allSatisfy((1...1 << 20).contains), let padding = Int(match.6 ?? "0"), padding <= 1 << 20 else {
            return nil
        }
        self.init(
            ConvolutionLayer(
                ConvolutionGeometry(
                    inputChannels: numbers[0], outputChannels: numbers[1], kernelSize: numbers[2], stride: numbers[3],
                    padding: padding, dilation: numbers[4]), height: numbers[5], width: numbers[6]), pass)
    }

    package var description: String {
        let geometry = layer.geometry
        let size = "\(geometry.kernelSize)x\(geometry.kernelSize)"
        let details = [
            ("stride", geometry.stride, 1), ("padding", geometry.padding, 0), ("dilation", geometry.dilation, 1),
        ]
        .filter { $0.1 != $0.2 }.map { " \($0.0) \($0.1)" }.joined()
        return
            "\(geometry.inputChannels)>\(geometry.outputChannels) \(size)\(details) at \(layer.height)x\(layer.width), "
            + pass.rawValue
    }
}
