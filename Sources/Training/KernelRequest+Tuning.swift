import Checkpoints
import Configuration
import ConvolutionEngine
import Foundation
import Graph
import Networks

extension KernelRequest {
    /// The kernels for training with `configuration`. All ranks take part: the first one measures, if that is asked for,
    /// and all take what it found.
    ///
    /// - Parameters:
    ///   - path: the folder of a run to go on with, whose newest checkpoint says by which algorithms; nil begins one.
    ///   - watch: told of tuning, on the first rank.
    /// - Throws: `UsageError` where options contradict each other or the run; what reading the bank throws.
    package func kernels(
        training configuration: RunConfiguration, resuming path: String?, team: RankTeam,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        watch: (TuningEvent) -> Void = { _ in }
    ) throws -> Kernels {
        try kernels(resuming: path, team, environment, watch) {
            let bank = try configuration.model.bank.map { try SafetensorsFile(path: $0) }
            return MultiTaskNetwork(configuration, components: bank.map { BankComponents(of: $0) } ?? .all).graphs
        }
    }

    /// The kernels for pretraining with `configuration`; as for training.
    package func kernels(
        pretraining configuration: PretrainConfiguration, resuming path: String?, team: RankTeam,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        watch: (TuningEvent) -> Void = { _ in }
    ) throws -> Kernels {
        try kernels(resuming: path, team, environment, watch) {
            let (model, crop) = (configuration.model, configuration.data.crop)
            // Classes are told apart by a product of matrices, which has one algorithm whatever their number.
            return [
                Classifier(
                    backbone: model.backbone, width: model.width, method: model.method, classes: 1,
                    height: crop.height, width: crop.width
                ).graph
            ]
        }
    }

    /// The kernels for measuring the training step of `configuration`, which reads no values of a bank.
    package func kernels(
        benchmarking configuration: RunConfiguration, team: RankTeam = RankTeam(),
        environment: [String: String] = ProcessInfo.processInfo.environment,
        watch: (TuningEvent) -> Void = { _ in }
    ) throws -> Kernels {
        try check()
        let components = try tunes ? BankComponents.planned(configuration, team: team) : .all
        return try tuned(team, environment, watch) {
            MultiTaskNetwork(configuration, components: components).graphs
        }
    }

    private func check() throws(UsageError) {
        guard tunes else { return }
        if let convolution, convolution != .auto {
            throw UsageError(
                "--tune measures which algorithms --convolution auto takes: leave out --tune or --convolution "
                    + convolution.rawValue)
        }
        if let matrixProducts, matrixProducts != .own {
            throw UsageError(
                "--tune measures this program's own kernels: leave out --tune or --gemm \(matrixProducts.rawValue)")
        }
    }

    private func kernels(
        resuming path: String?, _ team: RankTeam, _ environment: [String: String], _ watch: (TuningEvent) -> Void,
        graphs: () throws -> [Graph]
    ) throws -> Kernels {
        try check()
        if let path, let kernels = try kernels(resuming: path, team: team, environment: environment) { return kernels }
        return try tuned(team, environment, watch, graphs: graphs)
    }

    private func tuned(
        _ team: RankTeam, _ environment: [String: String], _ watch: (TuningEvent) -> Void, graphs: () throws -> [Graph]
    ) throws -> Kernels {
        let kernels = try kernels(environment: environment)
        guard tunes else { return kernels }
        let table = try team.fromFirst {
            Tuning(kernels: kernels, cache: TimingCache(kernels.instructionSet, environment: environment))
                .table(for: try graphs(), watch: watch).description
        }
        return try self.kernels(measured: AlgorithmTable(table)!, environment: environment)
    }
}
