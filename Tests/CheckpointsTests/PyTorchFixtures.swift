import Checkpoints
import Foundation

/// The files in `Fixtures/pytorch`, which PyTorch wrote by `Fixtures/make_pytorch.py`.
enum PyTorchFixtures {
    static func path(_ name: String) -> String { Bundle.module.resourcePath! + "/Fixtures/pytorch/\(name).pth" }

    /// The elements that the script gave to the tensor of that name.
    static func values(_ name: String, count: Int) -> [Float] {
        (0..<count).map { place in
            let value = Float((place * 37 + 11 * name.unicodeScalars.count) % 101 - 50) / 64
            return name.hasSuffix("running_var") ? abs(value) : value
        }
    }
}
