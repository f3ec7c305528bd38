import ConvolutionEngine
import Foundation
import Graph
import TensorCore

/// What tuning tells while it works, to the first rank.
package enum TuningEvent: Sendable {
    /// Passes that are measured, of how many.
    case measuring(done: Int, of: Int)
    /// Something that the user should know, such as a damaged cache that was passed over.
    case noticed(String)
    case tuned(TuningSummary)
}

/// What tuning found.
package struct TuningSummary: Sendable {
    /// A pass that takes another algorithm than was predicted.
    package struct Change: Sendable {
        package let pass: LayerPass
        /// How many layers have it.
        package let layers: Int
        package let predicted: ConvolutionAlgorithm
        package let fastest: ConvolutionAlgorithm
        /// Of one sample on one thread, in one layer.
        package let predictedMilliseconds: Double
        package let fastestMilliseconds: Double

        /// Of one sample, in all layers.
        package var savedMilliseconds: Double { Double(layers) * (predictedMilliseconds - fastestMilliseconds) }
    }

    /// Passes that were measured now, and those that were known.
    package let measured: Int
    package let known: Int
    package let seconds: Double
    /// The greatest saving first.
    package let changes: [Change]
    /// Of all these passes over one sample on one thread, with the predicted algorithms.
    package let predictedMilliseconds: Double
    package var savedMilliseconds: Double { changes.reduce(0) { $0 + $1.savedMilliseconds } }
}

/// Finds the fastest algorithms for networks on this machine: from what is known of it, and by measuring the rest.
struct Tuning {
    let kernels: Kernels
    /// nil where nothing can be kept.
    let cache: TimingCache?

    func table(for graphs: [Graph], watch: (TuningEvent) -> Void) -> AlgorithmTable {
        let start = ContinuousClock.now
        let tuner = ConvolutionTuner(kernels)
        let census = LayerCensus(graphs, choice: .auto).entries.filter { tuner.hasChoice($0.layer) }
        var timings = known(watch)
        let missing = census.map { entry in
            (entry.layer, passes: entry.passes.filter { timings.milliseconds[LayerPass(entry.layer, $0)] == nil })
        }
        let count = missing.reduce(0) { $0 + $1.passes.count }
        var done = 0
        for (layer, passes) in missing where !passes.isEmpty {
            let own = tuner.timings(layer, passes) {
                done += 1
                watch(.measuring(done: done, of: count))
            }
            timings.add(own)
        }
        if count > 0 { keep(timings, watch) }
        watch(.tuned(summary(census, timings, measured: count, seconds: (ContinuousClock.now - start).seconds)))
        let passes = census.flatMap { entry in entry.passes.map { LayerPass(entry.layer, $0) } }
        return AlgorithmTable(Dictionary(uniqueKeysWithValues: passes.map { ($0, timings.fastest($0)!) }))
    }

    private func known(_ watch: (TuningEvent) -> Void) -> ConvolutionTimings {
        do {
            return try cache?.read() ?? ConvolutionTimings()
        } catch {
            watch(.noticed("\(error)"))
            return ConvolutionTimings()
        }
    }

    private func keep(_ timings: ConvolutionTimings, _ watch: (TuningEvent) -> Void) {
        guard let cache else {
            return watch(.noticed("what is measured cannot be kept: set MODULOR_CACHE to a folder"))
        }
        do { try cache.add(timings) } catch { watch(.noticed("what is measured cannot be kept: \(error)")) }
    }

    private func summary(
        _ census: [LayerCensus.Entry], _ timings: ConvolutionTimings, measured: Int, seconds: Double
    ) -> TuningSummary {
        var changes: [TuningSummary.Change] = []
        var total = 0.0
        var passes = 0
        for entry in census {
            for pass in entry.passes {
                let own = LayerPass(entry.layer, pass)
                let times = timings.milliseconds[own]!
                let (predicted, fastest) = (kernels.algorithm(own), timings.fastest(own)!)
                let layers = entry.counts[pass]!
                total += Double(layers) * times[predicted]!
                passes += 1
                guard predicted != fastest else { continue }
                changes.append(
                    TuningSummary.Change(
                        pass: own, layers: layers, predicted: predicted, fastest: fastest,
                        predictedMilliseconds: times[predicted]!, fastestMilliseconds: times[fastest]!))
            }
        }
        return TuningSummary(
            measured: measured, known: passes - measured, seconds: seconds,
            changes: changes.sorted {
                ($1.savedMilliseconds, $0.pass.description) < ($0.savedMilliseconds, $1.pass.description)
            },
            predictedMilliseconds: total)
    }
}
