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
    package init(of bank: any TensorFile) {
        self.init(shapes: bank.tensors.map { ($0.name, $0.shape) })
    }

    /// What the shapes of tensors say that have these names in a bank. Without elements a tensor may claim any size, and
    /// says nothing; nor does one whose name no network has, which `encoded` has no room for.
    init(shapes: some Sequence<(name: String, shape: [Int])>) {
        for (name, shape) in shapes where shape.count == 4 {
            guard shape.allSatisfy({ $0 > 0 }), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { continue }
            counts[name] = shape[0]
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

    /// The filters of the bank's tensor `name`, whose convolution has `outputs` channels: never more than these. A bank
    /// that has more is one of another network, which comes out when its shapes are compared.
    func count(of name: String, outputs: Int) -> Int { min(counts[name] ?? outputs, outputs) }
}
