import ArgumentParser
import Configuration
import Datasets
import Foundation
import Reports
import Tasks
import Training

extension MetricConvention: ExpressibleByArgument {}

struct Evaluate: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Scores a model, or saved predictions, on the data of a configuration.",
        discussion: """
            Of the configuration, data and tasks count; the model says itself which network it is. Saved predictions lie \
            in DIR/TASK/SAMPLE.npy or .png, at the size of their pictures: classes, scores before the sigmoid (PNG: \
            probabilities), normals as 3 x height x width, metres. Contours may be .mat files of probabilities, too.

            Examples:
              modulor evaluate runs/demo launch/recipes/demo.yaml
              modulor evaluate runs/demo/model my.yaml --split train --json > figures.json
              modulor evaluate runs/rcm my.yaml --baseline runs/semseg --baseline runs/depth.json
              modulor evaluate --predictions DIR my.yaml --convention rcm
              modulor evaluate --predictions DIR bsds.yaml --convention bsds --html edges.html
            """)

    @Argument(help: "The model or run, then the configuration; with --predictions the configuration alone.")
    var paths: [String] = []

    @OptionGroup var changes: OverrideOptions

    @Option(help: "The split to score: val, train, or another list of the data set.")
    var split = "val"

    @Option(help: "By whose rules: exact, or those of a published evaluation, which rounds predictions to bytes.")
    var convention = MetricConvention.exact

    @Option(help: "A model, run, or report (--json) to compare with; may be given once for each task.")
    var baseline: [String] = []

    @Option(help: ArgumentHelp("Score these predictions and no model.", valueName: "dir"))
    var predictions: String?

    @Flag(help: "With --predictions: .npy files of scores hold probabilities, and not what comes before the sigmoid.")
    var probabilities = false

    @Option(help: ArgumentHelp("Save what the model predicts, as --predictions reads it.", valueName: "dir"))
    var savePredictions: String?

    @Option(
        help: ArgumentHelp(
            "Put the backbone of this model or run in place of the model's own, both of method conv.",
            valueName: "model"))
    var backbone: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write one page with all figures, and the curves of boundaries, to this file.", valueName: "file"))
    var html: String?

    @OptionGroup var kernels: KernelOptions

    func validate() throws {
        guard predictions != nil || !probabilities else {
            throw ValidationError("--probabilities says what --predictions holds; add that, or leave it out")
        }
        // What has another name is another thing, and not to be written over.
        guard html.map({ $0.hasSuffix(".html") }) ?? true else {
            throw ValidationError("--html names a file that ends in .html")
        }
        guard paths.count == (predictions == nil ? 2 : 1) else {
            throw ValidationError(
                predictions == nil
                    ? "name the model or run, and then the configuration"
                    : "with --predictions, name the configuration alone")
        }
        guard predictions == nil || (savePredictions == nil && backbone == nil) else {
            throw ValidationError("--save-predictions and --backbone need a model; leave out --predictions")
        }
    }

    func run() throws {
        try Job.run { team in
            let configuration = try RunConfiguration.load(path: paths.last!, overrides: changes.overrides)
            let kernels = try kernels.request.kernels()
            let pool = configuration.parallel.threadPool(on: team.processors)
            let evaluation = try Evaluation(
                configuration, split: split, convention: convention, threads: pool.threads, team: team)
            func report(
                _ model: String, backbone: String? = nil, saving folder: PredictionFolder? = nil
            ) throws -> EvaluationReport {
                let scores = try evaluation.scores(
                    ofModel: model, backbone: backbone, kernels: kernels, pool: pool, saving: folder,
                    note: { if team.isFirst { Terminal.note($0) } })
                return EvaluationReport(
                    split: split, samples: evaluation.samples, scores: scores, partNames: evaluation.partNames,
                    identifiers: evaluation.identifiers)
            }
            var figures =
                if let predictions {
                    EvaluationReport(
                        split: split, samples: evaluation.samples,
                        scores: try evaluation.scores(
                            ofPredictions: PredictionFolder(predictions, probabilities: probabilities),
                            note: { if team.isFirst { Terminal.note("warning: \($0)") } }),
                        partNames: evaluation.partNames, identifiers: evaluation.identifiers)
                } else {
                    try report(paths[0], backbone: backbone, saving: savePredictions.map { PredictionFolder($0) })
                }
            if !baseline.isEmpty {
                try figures.compare(
                    with: baseline.map { path in
                        path.hasSuffix(".json") ? try EvaluationReport(path: path) : try report(path)
                    })
            }
            guard team.isFirst else { return }
            Terminal.write(json ? try JSONOutput.object(figures) : figures.text + "\n")
            if let html { try EvaluationPage(figures, name: predictions ?? paths[0]).write(to: html) }
        }
    }
}
