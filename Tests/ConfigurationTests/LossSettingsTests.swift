import Configuration
import Datasets
import Testing

@Suite struct LossSettingsTests {
    private func losses(_ tasks: String, overrides: [String] = []) throws -> [LossSettings] {
        let configuration = try RunConfiguration.parse("tasks: \(tasks)", file: "run.yaml", overrides: overrides)
        let written = try RunConfiguration.parse(configuration.yaml(), file: "config.yaml")
        #expect(written == configuration, "the resolved configuration reads back")
        return configuration.tasks.map(\.loss)
    }

    @Test func theDefaultsAreThoseOfThePaper() throws {
        let all = try losses("{semseg: {}, human_parts: {}, edge: {}, sal: {}, normals: {}, depth: {}}")
        var edge = LossSettings(.score, .bce)
        (edge.positiveWeight, edge.negativeWeight) = (.fixed(0.95), 0.05)
        var sal = LossSettings(.score, .bce)
        sal.unknownAddsLog2 = true
        let classes = LossSettings(.classes, .crossEntropy)
        #expect(all == [classes, classes, edge, sal, LossSettings(.direction, .l1), LossSettings(.distance, .l1)])
    }

    @Test func everyKindHasADefault() {
        let formulas = TaskKind.allCases.map { LossSettings($0).formula }
        #expect(formulas == [.crossEntropy, .bce, .l1, .l1, .l1])
    }

    @Test func aWordIsTheType() throws {
        let all = try losses("{semseg: {loss: focal}, normals: {loss: cosine}, depth: {loss: silog}}")
        #expect(
            all == [
                LossSettings(.classes, .focal), LossSettings(.direction, .cosine), LossSettings(.distance, .siLog),
            ])
    }

    @Test func everyKeyIsRead() throws {
        let all = try losses(
            """
            {semseg: {loss: {class_weights: balanced, class_frequency: median, label_smoothing: 0.1, dice: 0.5,
                dice_smooth: 1}},
             human_parts: {loss: {type: focal, gamma: 3, class_weights: [1, 0.5, 2]}},
             edge: {loss: {positive_weight: balanced}},
             sal: {loss: {type: focal, gamma: 1, positive_weight: 4, negative_weight: 2, dice: 1}},
             depth: {loss: {type: silog, lambda: 0.85, smallest: 0.5}}}
            """)
        var semseg = LossSettings(.classes)
        semseg.classWeights = .balanced
        semseg.classFrequency = .median
        (semseg.labelSmoothing, semseg.dice, semseg.diceSmooth) = (0.1, 0.5, 1)
        var parts = LossSettings(.classes, .focal)
        (parts.gamma, parts.classWeights) = (3, .list([1, 0.5, 2]))
        var edge = LossSettings(presetOf: .edge)
        edge.positiveWeight = .balanced
        var sal = LossSettings(.score, .focal)
        (sal.gamma, sal.positiveWeight, sal.negativeWeight, sal.dice) = (1, .fixed(4), 2, 1)
        var depth = LossSettings(.distance, .siLog)
        (depth.lambda, depth.smallest) = (0.85, 0.5)
        #expect(all == [semseg, parts, edge, sal, depth])
    }

    @Test func distancesHaveConstants() throws {
        let loss = try losses("{depth: {loss: {type: berhu, factor: 0.1}}}")[0]
        #expect(loss.factor == 0.1)
        #expect(try losses("{depth: {loss: {type: log_l1, smallest: 0.01}}}")[0].smallest == 0.01)
    }

    /// The weights of edges are those of their bce.
    @Test func anotherTypeHasItsOwnDefaults() throws {
        #expect(try losses("{edge: {loss: focal}}") == [LossSettings(.score, .focal)])
        #expect(
            try losses("{edge: {loss: bce}}") == [LossSettings(presetOf: .edge)],
            "the task's own type, with its weights"
        )
    }

    @Test func valuesAreRead() throws {
        struct Document: ConfigurationDocument {
            var loss = LossSettings(.value)

            mutating func visit(_ visitor: inout some ConfigurationVisitor) { visitor.section("loss", &loss) }
        }
        let loss = try Document.parse("loss: {type: huber, delta: 0.5}", file: "loss.yaml").loss
        #expect(loss.formula == .huber && loss.delta == 0.5)
        #expect(try Document.parse("{}", file: "loss.yaml").loss == LossSettings(.value, .l1))
    }

    @Test(
        "A loss that the task cannot have is refused",
        arguments: [
            (
                "tasks: {depth: {loss: huber}}",
                "run.yaml:1:23: tasks.depth.loss.type is huber; it must be one of cross_entropy, bce, focal, l1, l2, "
                    + "cosine, berhu, log_l1, silog, huber, of which this task can have l1, l2, berhu, log_l1, silog"
            ),
            (
                "tasks: {semseg: {loss: {gamma: 2}}}",
                "run.yaml:1:25: there is no key gamma in tasks.semseg.loss; allowed: type, class_weights, "
                    + "label_smoothing, dice"
            ),
            (
                "tasks: {semseg: {loss: {class_weights: [1, -2]}}}",
                "run.yaml:1:40: tasks.semseg.loss.class_weights is [1, -2]; it must be null, balanced or a list of "
                    + "numbers, one for each class, each from 0.0 to 1000000.0 and one above 0"
            ),
            (
                "tasks: {edge: {loss: {positive_weight: balanced, negative_weight: 1}}}",
                "run.yaml:1:50: there is no key negative_weight in tasks.edge.loss; did you mean positive_weight? "
                    + "allowed: type, positive_weight, unknown_adds_log2, dice"
            ),
            (
                "tasks: {semseg: {loss: {type: focal, label_smoothing: 0.1}}}",
                "run.yaml:1:38: there is no key label_smoothing in tasks.semseg.loss; allowed: type, gamma, "
                    + "class_weights, dice"
            ),
        ])
    func refused(_ text: String, _ complaint: String) {
        #expect(complaints(text) == complaint)
    }
}
