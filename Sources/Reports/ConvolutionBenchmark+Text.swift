import Training

extension ConvolutionBenchmark.Measurement {
    /// The figures for a person, layer by layer.
    package var text: String {
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
                Figure.fixed(row.seconds * 1e3, digits: 3), Figure.fixed(row.gflopPerSecond, digits: 1),
                Figure.fixed(100 * row.shareOfPeak, digits: 1) + " %",
                row.openblasSeconds.map { Figure.fixed($0 * 1e3, digits: 3) } ?? "",
                row.openblasSeconds.map { Figure.fixed($0 / row.seconds, digits: 2) } ?? "",
            ])
        }
        let machine =
            "\(Figure.number(threads, "thread")), \(isa), batch \(batch), "
            + "peak \(Figure.fixed(peakGflopPerSecond, digits: 1)) GFLOP/s"
        return "\(machine), medians of \(rounds) rounds; algorithms: \(convolution)\n\n\(table.text)"
    }
}
