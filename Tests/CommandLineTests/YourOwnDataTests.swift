import Datasets
import Foundation
import ProgramTesting
import Testing

/// The way of somebody who comes with torchvision's network and twenty pictures, as the article describes it.
@Suite struct YourOwnDataTests {
    private func followed(_ body: (URL) throws -> Void) throws {
        let article = try #require(Document.all.first { $0.name == "YourOwnData.md" })
        #expect(article.steps.filter { if case .command = $0 { true } else { false } }.count == 5)
        try withTemporaryFolder { folder in
            try Reader(in: folder, reading: article).follow(article)
            try body(folder)
        }
    }

    @Test("five commands lead to a trained task, a report with pictures, and a network for other programs")
    func newcomer() throws {
        try followed { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: path("models/mine/tasks")) == [
                    "normals.safetensors"
                ])
            let report = try String(contentsOfFile: path("runs/normals/report.html"), encoding: .utf8)
            #expect(report.contains("normals") && report.contains("data:image/png;base64,"))
            #expect(FileManager.default.fileExists(atPath: path("answers/contact-sheet.png")))
            try compareWithONNXRuntime(path)
        }
    }

    /// Within 1e-4, absolutely: normals are unit vectors. See the script.
    private func compareWithONNXRuntime(_ path: (String) -> String) throws {
        guard Python.has("numpy", "onnx", "onnxruntime") else {
            try Test.cancel("needs Python with numpy, onnx and onnxruntime (python3 of the path, or MODULOR_PYTHON)")
        }
        for name in ["rooms-1-0", "rooms-1-19"] {
            let image = try ImageFile.read(path("mydata/images/\(name).png")).rgbMap
            try Data(NumPyArray.encoded(image.values, shape: [image.height, image.width, 3]))
                .write(to: URL(fileURLWithPath: path("\(name).npy")))
            let outcome = try Python.run(
                script: "InferenceTests/Scripts/run_onnx.py",
                [path("normals.onnx"), path("\(name).npy"), "normals=\(path("answers/\(name)-normals.npy"))"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains(" absolutely"), "\(outcome.output)")
        }
    }

    @Test(
        "the pretrained network that tests begin with is a file of PyTorch",
        .enabled(
            if: Python.has("torch", "numpy"),
            "needs Python with torch and numpy; without them, the resnet18.pth of the tests holds safetensors"))
    func pretrainedFile() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("resnet18.pth")
            try PretrainedFile.write(to: path)
            let inspection = try Program.succeed("inspect", path.path, "--json").output
            let object = try JSONSerialization.jsonObject(with: Data(inspection.utf8)) as? [String: Any]
            #expect(object?["format"] as? String == "pytorch")
        }
    }
}
