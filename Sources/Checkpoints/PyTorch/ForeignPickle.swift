import Archives

/// Pickles and archives that are none of PyTorch's state dicts: whose they are, and how to make one of them.
enum ForeignPickle {
    /// Arrays of NumPy, which a pickle holds as calls of NumPy's code.
    static let arrays = PickleProblem(
        problem: "it is a pickle with arrays of NumPy and not with tensors",
        remedy: "write it as safetensors where you trust it: "
            + "safetensors.numpy.save_file(pickle.load(open(FILE, 'rb')), OTHER)")

    /// The same of Paddle's, which has a dictionary of its parameters' own names at the end.
    static let paddle = PickleProblem(
        problem: "it is a file of Paddle's (.pdparams), a pickle with arrays of NumPy",
        remedy: "write it as safetensors where you trust it, under torchvision's names (Paddle has _mean and _variance "
            + "for running_mean and running_var): safetensors.numpy.save_file({...}, OTHER)")

    /// The problem of a pickle that is not PyTorch's, which running it has met.
    static func explained(_ problem: PickleProblem, of reader: borrowing FileReader) throws -> PickleProblem {
        guard problem == PickleName.arrays else { return problem }
        let mark = Array("StructuredToParameterName@@".utf8)
        let count = min(reader.byteCount, 1 << 20)
        let end = try reader.bytes(at: reader.byteCount - count, count: count)
        return end.firstRange(of: mark) == nil ? arrays : paddle
    }

    /// What an archive without a single pickle is, by the names of its parts.
    static func archive(of parts: [ZipArchive.Part]) -> PickleProblem {
        func part(_ suffixes: String...) -> String? {
            parts.first { part in suffixes.contains { part.name.hasSuffix($0) } }.map { quoted($0.name) }
        }
        if part(".npy") != nil {
            return PickleProblem(
                problem: "it is an archive of NumPy's arrays (.npz)",
                remedy: "write them as safetensors under torchvision's names: "
                    + "safetensors.numpy.save_file(dict(numpy.load(FILE)), OTHER)")
        }
        if part("model.weights.h5", ".weights.h5") != nil {
            return PickleProblem(
                problem: "it is an archive of Keras (.keras)",
                remedy:
                    "load its weights into the same network of PyTorch, whose names and layouts are others, and save "
                    + "that network's state dict with torch.save")
        }
        if part("coremldata.bin", ".mlmodel") != nil {
            return .unwelcome("it is a network of Core ML")
        }
        if part("archive_format", "models/model.json") != nil {
            return .unwelcome("it is a program that torch.export wrote (.pt2)")
        }
        if let inner = part(".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".pkl") {
            return PickleProblem(
                problem: "it is a zip archive with the file \(inner) in it",
                remedy: "unpack it first, with unzip, and name that file")
        }
        return .damaged("it is an archive, but none that torch.save writes (no single data.pkl)")
    }
}
