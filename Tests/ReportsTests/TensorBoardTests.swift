import Foundation
import ProgramTesting
import Reports
import Testing
import Training

/// TensorBoard's own reader finds in a run what was told.
@Suite struct TensorBoardTests {
    private static let script = """
        import json, sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "histograms": 0, "tensors": 0})
        events.Reload()
        tags = events.Tags()
        image = events.Images("normals/" + sys.argv[2] + "/truth")[-1]
        json.dump({
            "tags": {kind: tags[kind] for kind in ["scalars", "images", "histograms", "tensors"]},
            "losses": [[e.step, e.value] for e in events.Scalars("loss/normals")],
            "image": [image.step, image.width, image.height, list(image.encoded_image_string[:4])],
            "histogram": [[h.step, h.histogram_value.num, sum(h.histogram_value.bucket), h.histogram_value.min]
                for h in events.Histograms("gradients/conv1.Wt.normals.weight_v")],
            "text": events.Tensors("run/configuration")[-1].tensor_proto.string_val[0].decode(),
            "plugin": events.SummaryMetadata("run/configuration").plugin_data.plugin_name,
        }, sys.stdout)
        """

    @Test(
        "scalars, images, histograms and text are there, once for each step, after a resumption",
        .enabled(
            if: Python.has("tensorboard", "numpy"),
            "no Python with tensorboard: set MODULOR_PYTHON to one that has it"))
    func readByTensorBoard() throws {
        let run = try SmallRun()
        var losses: [Int: Float] = [:]
        func observe(_ event: TrainingEvent) {
            if case .stepped(let report) = event { losses[report.step] = Float(report.losses[1].value) }
        }
        var sample = ""
        try run.train(stopAfter: 5, observe: observe)
        try FileManager.default.removeItem(atPath: run.path + "/checkpoints/00000005")
        try run.train(resume: true) { event in
            observe(event)
            if case .pictured(_, let samples) = event { sample = samples[0].sample }
        }
        let outcome = try Python.run(["-c", Self.script, run.path, sample])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let points = try #require(read["losses"] as? [[Double]])
        #expect(points.map { $0[0] } == [1, 2, 3, 4, 5, 6])
        #expect(points.map { Float($0[1]) } == (1...6).map { losses[$0] })
        let tags = try #require(read["tags"] as? [String: [String]])
        for tag in [
            "loss/semseg", "training/learning_rate", "training/images_per_second", "validation/semseg/mean_iou",
            "validation/normals/mean_angular_error (degrees)", "validation_constant/edge/max_f_of_pixels",
        ] { #expect(tags["scalars"]?.contains(tag) == true, "\(tag)") }
        for tag in ["image/\(sample)", "normals/\(sample)/truth", "normals/\(sample)/prediction"] {
            #expect(tags["images"]?.contains(tag) == true, "\(tag)")
        }
        #expect(tags["histograms"]?.contains("weights/layer1.0.conv1.Wt.semseg.weight_v") == true)
        #expect(Set(tags["tensors"] ?? []) == ["run/configuration", "run/session", "run/times"])
        #expect(read["image"] as? [Any] as? NSArray == [6, 44, 36, [0x89, 0x50, 0x4E, 0x47]] as NSArray)
        let histograms = try #require(read["histogram"] as? [[Double]])
        #expect(histograms.map { $0[0] } == [2, 4, 6])
        #expect(histograms.allSatisfy { $0[1] == 16 && $0[2] == 16 && $0[3] != 0 })
        #expect((read["text"] as? String)?.contains("\n      iterations: 6") == true)
        #expect(read["plugin"] as? String == "text")
    }
}
