import Foundation
import Training

extension InitializedBank {
    /// What programs are told of an initialized bank.
    package struct Summary: Encodable {
        package let images: Int
        package let bankParameters: Int
        package let fullBankParameters: Int
        package let modulatorParametersPerTask: Int
        package let fullModulatorParametersPerTask: Int
        /// What of the pretrained network's file is not in it, under the file's names.
        package let leftOver: [String]
        package let rows: [Layer]
    }

    /// - Parameter leftOver: what of the pretrained network's file is not in the bank.
    package func summary(leftOver: [String]) -> Summary {
        Summary(
            images: imageCount, bankParameters: bankParameters.kept, fullBankParameters: bankParameters.full,
            modulatorParametersPerTask: modulatorParameters.kept,
            fullModulatorParametersPerTask: modulatorParameters.full, leftOver: leftOver, rows: layers)
    }

    /// A table of the layers, what was saved, and what of the pretrained network's file is not in the bank.
    package func text(leftOver: [String]) -> String {
        var table = TextTable(columns: ["layer", "outputs", "components", "variance"])
        for layer in layers {
            table.add([
                layer.name, "\(layer.outputs)", "\(layer.components)",
                String(format: "%.2f %%", 100 * layer.varianceShare),
            ])
        }
        func line(_ name: String, _ count: (kept: Int, full: Int)) -> String {
            let saved = 100 * (1 - Double(count.kept) / Double(count.full))
            return name + String(format: ": %d of %d parameters (%.1f %% saved)", count.kept, count.full, saved)
        }
        let lines = [
            table.text, "responses to \(imageCount) images", line("filter bank", bankParameters),
            line("modulators of each task", modulatorParameters), ImportReport.line(leftOver: leftOver),
        ]
        return lines.compactMap { $0 }.joined(separator: "\n")
    }
}
