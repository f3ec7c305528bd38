import Checkpoints
import Glibc

/// A network that is not built here, known by the names of its tensors: what it is, and what to use in its place.
///
/// It is better to be told "a ConvNeXt" than which of a ResNet's tensors it lacks.
struct ForeignNetwork {
    /// To follow "it is".
    let kind: String
    /// Some of the names that tell, three at most.
    let evidence: [String]
    let remedy: String

    init(_ kind: String, evidence: [String], remedy: String = ordinary) {
        self.kind = kind
        self.evidence = evidence
        self.remedy = remedy
    }

    func refusal(path: String) -> InvalidFileError {
        let names = evidence.prefix(3).map(\.printableName).joined(separator: ", ")
        return InvalidFileError(
            path: path, problem: "it is \(kind)\(names.isEmpty ? "" : " (\(names))")", remedy: remedy)
    }

    static let ordinary = "use a ResNet-18, 34 or 50 with torchvision's, timm's or the official RCM names"

    /// A kind of network, and parts of names that it has, all of them.
    private struct Family {
        let kind: String
        let marks: [String]
        let remedy: String

        init(_ kind: String, _ marks: String..., remedy: String = ordinary) {
            self.kind = kind
            self.marks = marks
            self.remedy = remedy
        }
    }

    private static let transformers =
        "load the network of timm that it was converted from, and save its state dict: "
        + "torch.save(timm.create_model('resnet18', pretrained=True).state_dict(), OTHER)"
    private static let sequential =
        "save the state dict of the network before its layers are put into nn.Sequential, whose names 0, 1, 4, … stand "
        + "for conv1, bn1, layer1, …"

    /// In this order: those that others' names contain come later.
    private static let families = [
        Family("a LoRA adapter, which changes a network and is none", ".lora_A."),
        Family("a Hugging Face RegNet", "regnet.embedder.embedder.convolution.weight"),
        Family(
            "a Hugging Face ResNet", "embedder.embedder.convolution.weight", ".layers.0.layer.0.convolution.weight",
            remedy: transformers),
        Family(
            "a ResNet with the names of Detectron2", "stem.conv1.weight", "res2.0.conv1.weight",
            remedy:
                "rename stem.conv1 to conv1, res2 … res5 to layer1 … layer4 and conv1.norm to bn1, or use torchvision's"
        ),
        Family("a ResNet inside nn.Sequential", "4.0.conv1.weight", "7.0.conv1.weight", remedy: sequential),
        Family("a CLIP network", "attnpool.positional_embedding"),
        Family("a CLIP network", "transformer.resblocks.0."),
        Family("a CLIP network", "vision_model.encoder.layers.0."),
        Family("a ResNet with a stem of several convolutions, as timm's resnet18d", "conv1.0.weight", "layer1.0."),
        Family("a ConvNeXt", "features.1.0.layer_scale", "features.1.0.block.0.weight"),
        Family("a ConvNeXt", "stages.0.blocks.0.conv_dw.weight", "stages.0.blocks.0.mlp.fc1.weight"),
        Family("a ConvNeXt", "stages.0.0.dwconv.weight"),
        Family("a ConvNeXt", "layer_scale_parameter", "dwconv.weight"),
        Family("a Swin Transformer", "relative_position_bias_table", "layers.0.blocks.0."),
        Family("a Swin Transformer", "features.1.0.attn.relative_position_bias_table"),
        Family("a Swin Transformer", "encoder.layers.0.blocks.0.attention."),
        Family("a SegFormer", "patch_embed1.proj.weight", "block1.0.attn."), Family("a SegFormer", "segformer."),
        Family("a Vision Transformer", "encoder.pos_embedding", "encoder_layer_0.self_attention"),
        Family("a Vision Transformer", "embeddings.cls_token", "patch_embeddings"),
        Family("a Vision Transformer", "patch_embed.proj.weight", "blocks.0.attn."),
        Family("a MobileNet", "features.1.conv.0.0.weight"), Family("a MobileNet", "features.1.block.0.0.weight"),
        Family("a MobileNet", "conv_stem.first_conv.convolution.weight"),
        Family("a MobileNet or EfficientNet", "conv_stem.weight", "blocks.0.0."),
        Family("an EfficientNet", "features.1.0.block.0.0.weight"), Family("an EfficientNet", "_conv_stem.weight"),
        Family("a DenseNet", "denseblock1.denselayer1."), Family("a RegNet", "trunk_output.block1."),
        Family("a RegNet", "s1.b1.conv1.conv.weight"), Family("an Inception network", "Conv2d_1a_3x3.conv.weight"),
        Family("an Inception network", "inception3a.branch1."), Family("a SqueezeNet", "features.3.squeeze.weight"),
        Family("a ShuffleNet", "stage2.0.branch1.0.weight"), Family("an HRNet", "stage2.0.branches.0."),
        Family("an HRNet", "transition1.0.0.weight"), Family("a VGG or AlexNet", "features.0.weight", "classifier.6."),
        Family("a VGG", "features.0.weight", "features.3.weight", "features.6.weight"),
        Family(
            "a ResNet of version 2 (norms before convolutions)", "stem.conv.weight", "stages.0.blocks.0.conv1.weight"),
        Family("a ResNet with selective kernels", ".conv1.paths.0.conv.weight"),
        Family("a squeeze-and-excitation network", "layer0.conv1.weight", ".se_module."),
        Family("a YOLO detector", "model.0.conv.weight", "model.1.conv.weight"),
        Family("a U-Net", "inc.double_conv."), Family("a U-Net", "downs.0."),
        Family("a diffusion model", "diffusion_model.input_blocks."),
        Family("a language model", "word_embeddings.weight"), Family("a language model", "embed_tokens.weight"),
        Family("a language model", ".wte.weight"),
    ]

    /// The network in a file, where its tensors' names tell that it is none of those that are read; nil otherwise.
    init?(of file: any TensorFile) {
        let names = TensorNames(file)
        if file.metadata["bank_sha256"] != nil {
            self.init(
                "one task of a model", evidence: [],
                remedy: "name the bank.safetensors of that model, which all of its tasks share")
            return
        }
        for family in Self.families {
            let found = family.marks.map { names.first(containing: $0) }
            guard found.allSatisfy({ $0 != nil }) else { continue }
            self.init(family.kind, evidence: found.compactMap { $0 }, remedy: family.remedy)
            return
        }
        return nil
    }

    /// A ResNet by its names whose blocks compute something else, by their shapes; nil where they do not.
    ///
    /// - Parameters:
    ///   - tensors: by the names that they have here.
    ///   - stem: the first convolution.
    init?(ofBlocks tensors: [String: StoredTensor], stem: StoredTensor) {
        func tensor(_ name: String) -> StoredTensor? { tensors["layer1.0.\(name).Ws.weight"] }
        func shown(_ tensor: StoredTensor) -> String { "\(tensor.name.printableName) of shape \(tensor.shape)" }
        func isNorm(_ name: String, _ part: String) -> Bool { name.hasPrefix("bn1.") && name.hasSuffix(part) }
        let hasNorm = tensors.keys.contains { isNorm($0, ".weight") }
        let hasStatistics = tensors.keys.contains { isNorm($0, ".running_mean") || isNorm($0, ".running_var") }
        if let bias = tensors["conv1.Ws.bias"], !hasNorm {
            self.init(
                "a ResNet whose batch norms were merged into its convolutions (\(bias.name.printableName))",
                evidence: [],
                remedy: "use the network before they were merged, whose norms tasks adapt")
        } else if hasNorm, !hasStatistics, !tensors.keys.contains(where: { $0.hasSuffix(".running_var") }) {
            self.init(
                "a ResNet with group norms, or without statistics of its batch norms: there is no bn1.running_mean",
                evidence: [], remedy: "use a ResNet-18, 34 or 50 with batch norms")
        } else if stem.shape[1] != 3 {
            self.init(
                "a ResNet for pictures of \(stem.shape[1]) channels and not of red, green, blue (\(shown(stem)))",
                evidence: [])
        } else if stem.shape[2...] != [7, 7] {
            self.init(
                "a ResNet whose first convolution has \(stem.shape[2]) × \(stem.shape[3]) taps and not 7 × 7, as for "
                    + "CIFAR's small pictures (\(shown(stem)))", evidence: [])
        } else if tensors["conv1.Wt.weight"] == nil, let conv1 = tensor("conv1"), let conv2 = tensor("conv2"),
            let conv3 = tensor("conv3"),
            [conv1, conv2, conv3].allSatisfy({ $0.shape.count == 4 })
        {
            let width = conv1.shape[0]
            if conv2.shape[1] > 0, conv2.shape[1] < width, width % conv2.shape[1] == 0 {
                self.init(
                    "a ResNet with grouped convolutions, a ResNeXt: \(width / conv2.shape[1]) groups in "
                        + "\(shown(conv2))", evidence: [])
            } else if conv2.shape[0] == width, conv2.shape[1] == width, conv3.shape[0] < 4 * width {
                self.init(
                    "a Wide ResNet, whose bottlenecks have \(width) channels between \(conv3.shape[0]) "
                        + "(\(shown(conv1)))", evidence: [])
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    /// A network that nothing is known of, by its first names.
    static func unknown(_ file: any TensorFile) -> ForeignNetwork {
        ForeignNetwork(
            "a network that is not known here, without a first convolution conv1.weight and blocks layer1.0",
            evidence: file.tensors.prefix(3).map(\.name))
    }
}

/// The names of a file's tensors, to be searched for parts.
private struct TensorNames {
    /// Every name, with a newline before and behind, and 0 at the end: one text is searched fast, however many names there
    /// are.
    private let text: [CChar]

    init(_ file: any TensorFile) {
        let lines = file.tensors.map { Array($0.name.utf8.filter { $0 != 0 }) + [0x0A] }
        text = ([[0x0A]] + lines).joined().map { CChar(bitPattern: $0) } + [0]
    }

    func first(containing part: String) -> String? {
        let place = text.withUnsafeBufferPointer { text in
            strstr(text.baseAddress!, part).map { UnsafePointer($0) - text.baseAddress! }
        }
        guard let place else { return nil }
        let start = text[..<place].lastIndex(of: 0x0A)! + 1
        let name = text[start...].prefix { $0 != 0x0A }.map { UInt8(bitPattern: $0) }
        return String(decoding: name, as: UTF8.self)
    }
}
