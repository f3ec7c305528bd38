import Checkpoints

/// How many filters the bank keeps of every convolution, where response initialization left some of them out: K
/// components under a modulator of O × K, in place of O filters under one of O × O.
package struct BankComponents: Sendable, Equatable {
    /// By the name of the bank's tensor; what is missing keeps as many as the convolution has outputs.
    private var counts: [String: Int] = [:]

    /// Every convolution has as many filters as outputs.
    package static let all = BankComponents()

    private init() {}

    /// What the shapes of a bank's tensors say; no value is read.
    package init(of bank: SafetensorsFile) {
        for tensor in bank.tensors
        where tensor.name.hasSuffix(ResNet.filterSuffix) && tensor.shape.count == 4 && tensor.shape[0] > 0 {
            counts[tensor.name] = tensor.shape[0]
        }
    }

    /// What `encoded` gave: ranks that cannot read the file are told.
    package init(decoding bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            counts[String(words[0])] = Int(words[1])!
        }
    }

    /// Bytes that `init(decoding:)` understands; equal components give equal bytes.
    package var encoded: [UInt8] {
        Array(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined().utf8)
    }

    /// The filters of the bank's tensor `name`, whose convolution has `outputs` channels.
    func count(of name: String, outputs: Int) -> Int { counts[name] ?? outputs }
}
