import Collectives
import Foundation
import Inference
import Training

/// A table for a terminal: columns as wide as their widest cell, the first aligned left, the others right.
package struct TextTable: Sendable {
    private var rows: [[String]]

    package init(columns: [String]) {
        rows = [columns]
    }

    package mutating func add(_ row: [String]) {
        precondition(row.count == rows[0].count, "a row has a cell for every column")
        rows.append(row)
    }

    /// The table with a rule under its head.
    package var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        func line(_ row: [String]) -> String {
            row.enumerated().map { index, cell in
                let space = String(repeating: " ", count: widths[index] - cell.count)
                return index == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(rows[0]), rule] + rows.dropFirst().map(line)).joined(separator: "\n")
    }
}

extension AllReduceBenchmark.Measurement {
    /// The figures for a person.
    package var text: String {
        var table = TextTable(columns: ["reduction", "bytes", "µs", "algorithmic GB/s", "bus GB/s"])
        for row in rows {
            table.add([
                row.reduction, "\(row.bytes)", Figure.fixed(row.seconds * 1e6, digits: 1),
                Figure.fixed(row.algorithmGigabytesPerSecond, digits: 3),
                Figure.fixed(row.busGigabytesPerSecond, digits: 3),
            ])
        }
        return "\(Figure.number(ranks, "rank")) on \(Figure.number(nodes, "node"))\n\n\(table.text)"
    }
}

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

extension InferenceMeasurement {
    /// The figures for a person.
    package var text: String {
        var table = TextTable(columns: ["merged inference", ""])
        table.add(["milliseconds per image", Self.milliseconds(secondsPerImage)])
        for row in rows where rows.count > 1 { table.add(["  " + row.task, Self.milliseconds(row.seconds)]) }
        table.add(["GFLOP per image", Figure.fixed(Double(flopPerImage) / 1e9, digits: 1)])
        table.add(["GFLOP per second", Figure.fixed(gflopPerSecond, digits: 1)])
        table.add(["measured peak", Figure.fixed(peakGflopPerSecond, digits: 1)])
        table.add(["peak resident", ByteText.of(peakResidentBytes)])
        table.add(["arena", ByteText.of(arenaBytes)])
        table.add(["image", "\(height) x \(width)"])
        table.add(["threads", "\(threads)"])
        table.add(["instruction set", isa])
        table.add(["rounds", "\(rounds)"])
        return table.text
    }

    private static func milliseconds(_ seconds: Double) -> String { Figure.fixed(seconds * 1e3, digits: 2) }
}

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
            step.add([
                "messages sent per step, gradients and sums",
                "\(traffic.gradientMessagesSentPerStep), \(traffic.sumMessagesSentPerStep)",
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
            ("input", memory.inputBytes),
        ] {
            bytes.add([name, ByteText.of(count)])
        }
        let frame = memory.validationSize.map { "\($0[0]) x \($0[1])" } ?? "the data set is not there"
        bytes.add(["validation (\(frame))", memory.validationBytes.map(ByteText.of) ?? "—"])
        bytes.add(["all", ByteText.of(memory.totalBytes)])
        var layers = TextTable(columns: [
            "layer", "kind", "channels", "output", "parameter memory", "GFLOP", "ms", "forward", "to data", "to filter",
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

extension ScalingReport {
    /// The figures for a person.
    package var text: String {
        func number(_ value: Double?, _ digits: Int) -> String {
            value.map { Figure.fixed($0, digits: digits) } ?? "-"
        }
        func percent(_ value: Double?) -> String { value.map { number(100 * $0, 1) + " %" } ?? "-" }
        func milliseconds(_ seconds: Double?) -> String { number(seconds.map { $0 * 1e3 }, 1) }
        var times = TextTable(columns: [
            "scaling", "ranks", "batch", "images/s", "of fewest ranks", "side by side", "of lone rank", "ms",
            "computing",
            "exposed", "batch norm", "data",
        ])
        var details = TextTable(columns: [
            "scaling", "ranks", "lone ms", "side by side ms", "plain ms", "reduction's cost", "MB sent", "gradients",
            "by formula", "sums", "predicted ms", "predicted/measured",
        ])
        for row in rows {
            let (trial, shares) = (row.trial, row.trial.shares)
            times.add([
                row.mode.rawValue, "\(trial.ranks)", "\(trial.batch)", number(trial.imagesPerSecond, 2),
                percent(row.scalingEfficiency), percent(trial.efficiency), percent(trial.efficiencyAgainstLone),
                milliseconds(shares.secondsPerStep), milliseconds(shares.computingSeconds),
                milliseconds(shares.exposedCommunicationSeconds),
                milliseconds(shares.batchNormSynchronizationSeconds), milliseconds(shares.dataWaitSeconds),
            ])
            func megabytes(_ bytes: Double?) -> String { number(bytes.map { $0 / 1e6 }, 3) }
            details.add([
                row.mode.rawValue, "\(trial.ranks)", milliseconds(trial.loneSecondsPerStep),
                milliseconds(trial.sideBySideSecondsPerStep), milliseconds(trial.plainSecondsPerStep),
                percent(trial.costOfReduction), megabytes(trial.bytesSentPerStep),
                megabytes(trial.gradientBytesSentPerStep), megabytes(trial.expectedGradientBytesPerStep),
                megabytes(trial.sumBytesSentPerStep), milliseconds(trial.predictedSecondsPerStep),
                number(trial.predictionRatio, 3),
            ])
        }
        let threads =
            rows.first.map { "\(Figure.number($0.trial.threads, "thread")) per rank, \($0.trial.isa), " } ?? ""
        let head =
            "\(threads)medians of \(rows.first?.trial.rounds ?? 0) interleaved rounds; efficiency against the fewest "
            + "ranks, against as many that run side by side, and against one alone"
        return [head, times.text, details.text].joined(separator: "\n\n")
    }
}

extension StepMeasurement {
    /// The figures for a person; where the time was profiled, with what takes most of it.
    package var text: String {
        var table = TextTable(columns: ["training step", ""])
        table.add(["seconds per step", Figure.fixed(secondsPerStep, digits: 4)])
        table.add(["images per second", Figure.fixed(imagesPerSecond, digits: 2)])
        table.add(["GFLOP per step", Figure.fixed(Double(flopPerStep) / 1e9, digits: 1)])
        table.add(["GFLOP per second", Figure.fixed(gflopPerSecond, digits: 1)])
        table.add(["measured peak", Figure.fixed(peakGflopPerSecond, digits: 1)])
        table.add(["share of peak", Self.percent(shareOfPeak)])
        table.add(["peak resident", ByteText.of(peakResidentBytes)])
        table.add(["arena", ByteText.of(arenaBytes)])
        table.add(["threads", "\(threads)"])
        table.add(["instruction set", isa])
        table.add(["batch", "\(batch)"])
        table.add(["rounds", "\(rounds)"])
        if ranks > 1 { table.add(["ranks", "\(ranks)"]) }
        if let shares {
            table.add(["computing ms", Figure.fixed(shares.computingSeconds * 1e3, digits: 1)])
            table.add([
                "exposed communication ms", Figure.fixed(shares.exposedCommunicationSeconds * 1e3, digits: 1),
            ])
            table.add([
                "batch-norm synchronization ms",
                Figure.fixed(shares.batchNormSynchronizationSeconds * 1e3, digits: 1),
            ])
        }
        if let traffic {
            table.add(["bytes sent per step", Figure.fixed(traffic.bytesSentPerStep, digits: 0)])
        }
        guard let rows else { return table.text }
        return [table.text, Self.kinds(rows), Self.layers(rows)].joined(separator: "\n\n")
    }

    /// Sums over all nodes that do the same.
    private static func kinds(_ rows: [StepProfile.Row]) -> String {
        let groups = Dictionary(grouping: rows) { [$0.kind, $0.pass].filter { !$0.isEmpty }.joined(separator: ", ") }
        let sums = groups.map { name, rows in
            (
                name: name, nodes: rows.count, seconds: rows.reduce(0) { $0 + $1.seconds },
                share: rows.reduce(0) { $0 + $1.shareOfStep }, flop: rows.reduce(0) { $0 + $1.flop }
            )
        }.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
        var table = TextTable(columns: ["by kind", "nodes", "ms", "share", "GFLOP/s"])
        for sum in sums {
            table.add([
                sum.name, "\(sum.nodes)", Figure.fixed(sum.seconds * 1e3, digits: 2), percent(sum.share),
                sum.flop > 0 ? Figure.fixed(Double(sum.flop) / sum.seconds / 1e9, digits: 1) : "",
            ])
        }
        return table.text
    }

    private static func layers(_ rows: [StepProfile.Row]) -> String {
        var table = TextTable(columns: ["longest", "kind", "pass", "output", "ms", "share", "GFLOP/s"])
        for row in rows.prefix(25) {
            table.add([
                row.node.isEmpty ? "-" : row.node, row.kind, row.pass,
                row.shape.map(String.init).joined(separator: "x"), Figure.fixed(row.seconds * 1e3, digits: 2),
                percent(row.shareOfStep), row.flop > 0 ? Figure.fixed(row.gflopPerSecond, digits: 1) : "",
            ])
        }
        return table.text
    }

    private static func percent(_ share: Double) -> String { Figure.fixed(100 * share, digits: 1) + " %" }
}

extension TuningSummary {
    /// A line of the whole, and one for each pass that takes another algorithm than was predicted.
    package var text: String {
        func number(_ value: Double) -> String { String(format: value < 100 ? "%.3g" : "%.0f", value) }
        let whole =
            "convolutions tuned in \(number(seconds)) s: \(measured) passes measured, \(known) known, "
            + "\(changes.count) otherwise than predicted, which saves \(number(savedMilliseconds)) of "
            + "\(number(predictedMilliseconds)) ms for each image on one thread"
        let rows = changes.map { change in
            "  \(change.pass)\(change.layers > 1 ? ", \(change.layers) layers" : ""): \(change.fastest), "
                + "\(number(change.fastestMilliseconds)) ms, not \(change.predicted), "
                + "\(number(change.predictedMilliseconds)) ms"
        }
        return ([whole] + rows).joined(separator: "\n")
    }
}

extension Verdict {
    /// Whether the case passes, and how far every group strays, for a person.
    package func text(name: String, seconds: Double) -> String {
        func scientific(_ value: Double) -> String { String(format: "%.2e", value) }
        var table = TextTable(columns: ["strays by", "ours", "PyTorch", "allowed", "verdict"])
        for row in rows {
            table.add([
                "\(row.group) \(row.measure)", scientific(row.ours), scientific(row.pytorch), scientific(row.allowed),
                row.passes ? "passes" : "FAILS",
            ])
        }
        return "\(name): \(passes ? "passes" : "FAILS") (\(Figure.duration(seconds)))\n\n\(table.text)\n"
    }
}
