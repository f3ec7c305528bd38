import Foundation
import Training

extension ConvolutionBenchmark.Measurement {
    /// The figures for a person, layer by layer.
    package var text: String {
        func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
        var table = TextTable(columns: [
            "layer", "layers", "channels", "kernel", "output", "pass", "algorithm", "ms", "GFLOP/s", "of peak",
            "OpenBLAS ms", "ratio",
        ])
        for row in rows {
            let kernel =
                "\(row.kernelSize)x\(row.kernelSize)" + (row.stride > 1 ? "/\(row.stride)" : "")
                + (row.dilation > 1 ? " dilation \(row.dilation)" : "")
            table.add([
                row.layer, "\(row.layers)", "\(row.inputChannels)>\(row.outputChannels)", kernel,
                row.outputSize.map(String.init).joined(separator: "x"), row.pass, row.algorithm,
                number(row.seconds * 1e3, 3), number(row.gflopPerSecond, 1),
                number(100 * row.shareOfPeak, 1) + " %", row.openblasSeconds.map { number($0 * 1e3, 3) } ?? "",
                row.openblasSeconds.map { number($0 / row.seconds, 2) } ?? "",
            ])
        }
        let machine =
            "\(Figure.number(threads, "thread")), \(isa), batch \(batch), peak \(number(peakGflopPerSecond, 1)) GFLOP/s"
        return "\(machine), medians of \(rounds) rounds; algorithms: \(convolution)\n\n\(table.text)"
    }
}
