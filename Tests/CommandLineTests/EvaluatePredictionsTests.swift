import Foundation
import ProgramTesting
import Testing

/// Figures from elsewhere are checked by what their authors saved.
@Suite struct EvaluatePredictionsTests {
    @Test func savedPredictionsGetTheFiguresOfTheReferencePrograms() throws {
        try withTemporaryFolder { folder in
            let fixtures = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures").path
            let configuration = folder.appendingPathComponent("pascal.yaml").path
            try """
            tasks: {semseg: {}, sal: {}, edge: {}}
            data: {dataset: pascal-context, root: \(fixtures)/PASCAL_MT}
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let outcome = try Program.run(
                "evaluate", "--predictions", fixtures + "/predictions/PASCAL_MT", configuration, "--convention", "rcm",
                "--json")
            try #require(outcome.status == 0, "\(outcome.errors)")
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            let rows = try #require(report["rows"] as? [[String: Any]])
            // metrics.json and edges.json of the fixtures, which are given to six and seven digits; these are compared.
            for (task, metric, figure) in [
                ("semseg", "mean_iou", 0.177145761), ("sal", "max_iou", 0.807295648), ("edge", "ods_f", 0.6068602),
            ] {
                let row = try #require(
                    rows.first { $0["task"] as? String == task && $0["metric"] as? String == metric })
                let value = try #require(row["value"] as? Double)
                #expect(abs(value - figure) < 1e-6, "\(task): \(value), not \(figure)")
                #expect(row["is_compared"] as? Bool == true && row["convention"] as? String == "rcm")
            }
        }
    }
}
