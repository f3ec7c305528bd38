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
        package let rows: [Layer]
    }

    package var summary: Summary {
        Summary(
            images: imageCount, bankParameters: bankParameters.kept, fullBankParameters: bankParameters.full,
            modulatorParametersPerTask: modulatorParameters.kept,
            fullModulatorParametersPerTask: modulatorParameters.full, rows: layers)
    }

    /// A table of the layers, and what was saved.
    package var text: String {
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
        return "\(table.text)\nresponses to \(imageCount) images\n\(line("filter bank", bankParameters))\n"
            + line("modulators of each task", modulatorParameters)
    }
}
