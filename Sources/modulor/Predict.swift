import ArgumentParser
import Inference
import Networks
import Reports
import TensorCore

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answers a model's tasks for pictures of any size.",
        discussion: """
            Writes for each picture and task PICTURE-TASK.npy (the network's answer before any activation, float32, height × \
            width × channels), PICTURE-TASK.png (the answer to look at; classes as a palette PNG whose indices are the \
            classes) and PICTURE-TASK-overlay.png, and contact-sheet.png with the first \(PredictionFiles.sheetRows) \
            pictures. A picture that cannot be read is named and passed over; the status is then 1.

            A picture that is too large for one pass over all of it goes in tiles, which give the same answers.

            Examples:
              modulor predict runs/demo/model --task depth kitchen.jpg --output answers
              modulor predict runs/demo/model photos/ --output answers --time
              modulor predict runs/demo/model aerial.png --output answers --memory 2GB
            """)

    @Argument(help: "The folder of a model or run.")
    var model: String

    @Argument(help: .init("Pictures, JPEG or PNG, or folders of them.", valueName: "image"))
    var images: [String]

    @Option(name: .customLong("task"), parsing: .singleValue, help: "A task; repeat it for several (default: all).")
    var tasks: [String] = []

    @Option(help: "The folder that the files go to.")
    var output: String

    @Flag(help: "Report what the networks take for a picture.")
    var time = false

    @Option(
        help: ArgumentHelp(
            "The memory that a picture may take; a larger one goes in tiles (default: half of the machine's).",
            valueName: "bytes"))
    var memory: ByteCount?

    @OptionGroup var threading: ThreadOptions
    @OptionGroup var kernels: KernelOptions

    func run() throws {
        let (kernels, pool) = (try kernels.request.kernels(), threading.pool())
        let pictures = try PictureList(images)
        let predictor = try GivenFile.use {
            try Predictor(
                StoredModel(opening: model), tasks: tasks, kernels: kernels, pool: pool,
                memory: memory?.bytes ?? ProcessMemory.passLimit)
        }
        let outcome = try PredictionRun(predictor, pictures: pictures).run(to: output) { event in
            switch event {
            case .advanced: Terminal.status(event.text)
            case .passedOver: Terminal.note(event.text)
            }
        }
        Terminal.endStatus()
        if time { Terminal.write(outcome.timeTable + "\n") }
        if let sheet = outcome.sheetPath { Terminal.write("contact sheet: \(sheet)\n") }
        if outcome.failures > 0 { throw ExitCode(1) }
    }
}
