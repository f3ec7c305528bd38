import Checkpoints

/// How many filters the bank keeps of every convolution, where response initialization left some of them out: K
/// components under a modulator of O × K, in place of O filters under one of O × O.
package struct BankComponents: Codable, Sendable, Equatable {
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
    /// says nothing.
    init(shapes: some Sequence<(name: String, shape: [Int])>) {
        for (name, shape) in shapes where shape.count == 4 {
            guard shape.allSatisfy({ $0 > 0 }) else { continue }
            counts[name] = shape[0]
        }
    }

    /// The filters of the bank's tensor `name`, whose convolution has `outputs` channels: never more than these. A bank
    /// that has more is one of another network, which comes out when its shapes are compared.
    func count(of name: String, outputs: Int) -> Int { min(counts[name] ?? outputs, outputs) }
}
