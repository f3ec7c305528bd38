/// What `model.yaml` says: which network a model's tensors belong to.
///
/// Plain values; which backbones and methods exist is known where networks are built.
package struct ModelDescription: Sendable, Equatable {
    /// Such as `resnet18`.
    package var backbone: String
    /// Channels of the stem; 64 in the paper.
    package var width: Int
    /// Input pixels per pixel of the backbone's output, along one side.
    package var outputStride: Int
    /// `conv`, `rcm`, `ra_series` or `ra_parallel`.
    package var method: String
    /// Whether modulators are normalized (NFF).
    package var normalizedFusion: Bool
    /// Channels of the ASPP branches; 256 in the paper.
    package var asppChannels: Int
    /// Channels that the decoder's low-level path is reduced to; 48 in the paper.
    package var lowLevelChannels: Int
    /// The SHA-256 of `bank.safetensors` in hexadecimal, or empty while there is no bank: `ModelFolder` fills it in.
    package internal(set) var bankDigest = ""

    /// A description without a bank. The names consist of letters, digits, `_`, `-` and `.`.
    package init(
        backbone: String, width: Int, outputStride: Int, method: String, normalizedFusion: Bool, asppChannels: Int,
        lowLevelChannels: Int
    ) {
        precondition(ModelDescription.isName(backbone) && ModelDescription.isName(method), "not a plain name")
        precondition(min(width, outputStride, asppChannels, lowLevelChannels) > 0, "a model's numbers are positive")
        self.backbone = backbone
        self.width = width
        self.outputStride = outputStride
        self.method = method
        self.normalizedFusion = normalizedFusion
        self.asppChannels = asppChannels
        self.lowLevelChannels = lowLevelChannels
    }

    /// Whether `text` can stand in `model.yaml` and as a file's name without quotes.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.first != "." && text.first != "-"
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
    }
}
