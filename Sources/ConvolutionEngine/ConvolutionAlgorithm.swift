/// How a convolution is computed.
package enum ConvolutionAlgorithm: Hashable, Sendable, LosslessStringConvertible {
    /// Every tap multiplied with every real pixel.
    case direct
    /// Tiles of `tile` × `tile` outputs by Winograd's minimal filtering; 2, 3 or 4.
    case winograd(tile: Int)
    /// Patches of the input multiplied by OpenBLAS, in place of direct.
    case openblas

    package init?(_ description: String) {
        let all = [.direct, .openblas] + WinogradTiles.sizes.map { ConvolutionAlgorithm.winograd(tile: $0) }
        guard let named = all.first(where: { $0.description == description }) else { return nil }
        self = named
    }

    package var description: String {
        switch self {
        case .direct: "direct"
        case .winograd(let tile): "winograd \(tile)×\(tile)"
        case .openblas: "openblas"
        }
    }
}

/// What the user asks for: `--convolution direct|winograd|auto`.
package enum ConvolutionChoice: String, CaseIterable, Sendable {
    /// Rounds least.
    case direct
    /// Wherever it applies.
    case winograd
    /// What is expected to be fastest, or was measured to be.
    case auto
}

extension ConvolutionAlgorithm {
    /// The algorithm for one pass over a layer, as its cost is predicted.
    ///
    /// A function of one sample's geometry, the channels and the instruction set alone, so that results depend on
    /// nothing else.
    package static func choice(
        _ own: LayerPass, instructionSet: InstructionSet, preference: ConvolutionChoice = .auto
    ) -> ConvolutionAlgorithm {
        guard preference != .direct, WinogradTiles.apply(to: own.layer.geometry) else { return .direct }
        // The scalar reference is written to be read.
        if preference == .auto, instructionSet == .scalar { return .direct }
        let cost = ConvolutionCost(own, vectorLength: instructionSet.vectorLength)
        let tiles = WinogradTiles.sizes.map { (tile: $0, cost: cost.winograd(tile: $0)) }
        let best = tiles.min { $0.cost < $1.cost }!
        return preference == .winograd || best.cost < cost.direct ? .winograd(tile: best.tile) : .direct
    }
}

extension Kernels {
    /// How algorithms are chosen, for people: what was forced, or whether a free choice was predicted or measured.
    package var choiceName: String {
        choice != .auto ? choice.rawValue : measured != nil ? "measured" : "predicted"
    }

    /// The algorithm for one pass, among those that may be chosen: the measured one, where there is one.
    package func algorithm(_ pass: LayerPass) -> ConvolutionAlgorithm {
        let chosen =
            measured?[pass]
            ?? ConvolutionAlgorithm.choice(pass, instructionSet: instructionSet, preference: choice)
        return chosen == .direct && matrixProducts == .openblas ? .openblas : chosen
    }
}

/// What a pass over one sample is expected to cost, in fused multiply-adds on one lane at peak rate.
struct ConvolutionCost {
    let geometry: ConvolutionGeometry
    let height: Int
    let width: Int
    let vectorLength: Int
    let pass: ConvolutionPass

    init(_ own: LayerPass, vectorLength: Int) {
        (geometry, height, width) = (own.layer.geometry, own.layer.height, own.layer.width)
        (pass, self.vectorLength) = (own.pass, vectorLength)
    }

    /// Products of real pixels only, at the share of the peak that was measured; the filter is read once.
    var direct: Double {
        let rows = reached(height), columns = reached(width)
        return Double(rows * columns) * channelProducts / 0.92 + Double(geometry.taps) * channelProducts * 2
    }

    /// The products at every place of every tile, the transforms of the tiles, and per sample the reading of the
    /// transformed filter or the transform of its gradient back. The factors were measured: 15 and 10 per place and
    /// channel for transforms, which are short of arithmetic, 30 where other cores read what they write, and 2 and 9 per
    /// place and pair of channels.
    func winograd(tile: Int) -> Double {
        let places = Double((tile + 2) * (tile + 2))
        let (outputHeight, outputWidth) =
            pass == .backwardToData ? (height, width) : (geometry.outputLength(height), geometry.outputLength(width))
        let tiles = Double(
            WinogradTiles.origins(length: outputHeight, tile: tile, dilation: geometry.dilation).count
                * WinogradTiles.origins(length: outputWidth, tile: tile, dilation: geometry.dilation).count)
        let transforms =
            pass == .backwardToFilter
            ? places * 30 * (padded(geometry.inputChannels) + padded(geometry.outputChannels))
            : places * (15 * padded(geometry.inputChannels) + 10 * padded(geometry.outputChannels))
        let filter = places * channelProducts * (pass == .backwardToFilter ? 9 : 2)
        return tiles * (places * channelProducts / 0.9 + transforms) + filter
    }

    private func padded(_ channels: Int) -> Double {
        Double((channels + vectorLength - 1) / vectorLength * vectorLength)
    }

    /// Products per pixel and tap: the channels that lie in lanes come in whole vectors.
    private var channelProducts: Double {
        pass == .backwardToData
            ? padded(geometry.inputChannels) * Double(geometry.outputChannels)
            : Double(geometry.inputChannels) * padded(geometry.outputChannels)
    }

    /// Pairs of output and tap on one axis that meet a real pixel.
    private func reached(_ length: Int) -> Int {
        (0..<geometry.outputLength(length)).reduce(0) { $0 + geometry.validTaps(atOutput: $1, input: length).count }
    }
}
