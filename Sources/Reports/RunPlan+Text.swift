import Training

extension RunPlan {
    /// The figures for a person: layer by layer, then the whole, which stays in sight.
    package var text: String {
        func milliseconds(_ seconds: Double) -> String { Figure.fixed(seconds * 1e3, digits: 1) }
        var step = TextTable(columns: ["plan", ""])
        step.add(["ranks", groups > 1 ? "\(ranks) in \(groups) task groups" : "\(ranks)"])
        step.add(["samples of a rank, of the batch", "\(samples) of \(batch)"])
        step.add(["threads of a rank, instruction set", "\(threads), \(isa)"])
        step.add(["convolution algorithms", convolution])
        step.add(["GFLOP per step, of a rank", Figure.fixed(Double(flopPerRankAndStep) / 1e9, digits: 1)])
        step.add(["computing ms (measured)", milliseconds(predicted.computingSeconds)])
        if let link, let traffic {
            step.add([
                "link: latency µs, GB/s",
                Figure.fixed(link.latency * 1e6, digits: 1) + ", " + Figure.fixed(link.bandwidth / 1e9, digits: 3),
            ])
            step.add([
                "gradients sent per step",
                "\(ByteText.of(traffic.gradientBytes)) × \(Figure.fixed(traffic.factor, digits: 3))"
                    + (traffic.factor > traffic.leastFactor
                        ? " (least \(Figure.fixed(traffic.leastFactor, digits: 3)))" : ""),
            ])
            step.add([
                "sums sent per step",
                "\(ByteText.of(Int(traffic.sumBytesSentPerStep))), \(traffic.batchNormExchanges) batch-norm exchanges",
            ])
            step.add(["batch-norm synchronization ms", milliseconds(predicted.batchNormSynchronizationSeconds)])
            step.add([
                "reductions ms, of them exposed",
                milliseconds(predicted.reductionSeconds) + ", " + milliseconds(predicted.exposedCommunicationSeconds),
            ])
        }
        step.add(["seconds per step", Figure.fixed(predicted.secondsPerStep, digits: 4)])
        step.add(["images per second", Figure.fixed(imagesPerSecond, digits: 2)])
        if ranks > 1 { step.add(["efficiency", Figure.fixed(100 * efficiency, digits: 1) + " %"]) }
        var bytes = TextTable(columns: ["memory of a rank", ""])
        for (name, count) in [
            ("activations and scratch", memory.arenaBytes), ("parameters", memory.parameterBytes),
            ("gradients", memory.gradientBytes), ("optimizer", memory.optimizerBytes),
            ("bank (one per node)", memory.bankBytes), ("prepared bank (one per node)", memory.preparedBankBytes),
            ("input", memory.inputBytes), ("all", memory.totalBytes),
        ] {
            bytes.add([name, ByteText.of(count)])
        }
        var layers = TextTable(columns: [
            "layer", "kind", "channels", "output", "parameters", "GFLOP", "ms", "forward", "to data", "to filter",
        ])
        for row in rows {
            layers.add(
                [
                    row.layer, row.kind, row.channels.map(String.init).joined(separator: ">"),
                    row.outputSize.map(String.init).joined(separator: "x"), ByteText.of(row.parameterBytes),
                    Figure.fixed(Double(row.flop.reduce(0, +)) / 1e9, digits: 2),
                    Figure.fixed(row.seconds * 1e3, digits: 2),
                ] + row.algorithms.map { $0.isEmpty ? "-" : $0 })
        }
        return [layers.text, bytes.text, step.text].joined(separator: "\n\n")
    }
}
