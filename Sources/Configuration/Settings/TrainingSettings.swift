/// `training`: the optimization.
package struct TrainingSettings: ConfigurationSection {
    /// `iterations`: steps, each over one global batch; 20000 by default.
    package var iterations = 20_000
    /// `batch`: samples per step over all ranks together; 8 by default, as in the paper.
    package var batch = 8
    /// `learning_rate`: that of the first step; 0.005 by default, as in the paper.
    package var learningRate = 0.005
    /// `momentum`: 0.9 by default, as in the paper.
    package var momentum = 0.9
    /// `weight_decay`: applied to all trained tensors; 0.0001 by default, as in the paper.
    package var weightDecay = 1e-4
    /// `schedule`: how the learning rate falls; `poly` by default, as in the paper.
    package var schedule = Schedule.polynomial
    /// `power`: the exponent p of `poly`; 0.9 by default, as in the paper.
    package var power = 0.9
    /// `plateaus`: the equal parts of training in which `step` keeps the learning rate; 3 by default.
    package var plateaus = 3
    /// `factor`: what `step` multiplies the learning rate with after each part; 0.1 by default.
    package var factor = 0.1
    /// `seed`: of the first values, the samples' order and their augmentation; 1 by default.
    package var seed = 1
    /// `validate_every`: steps between validations; 1000 by default, and 0 validates only after the last step.
    package var validateEvery = 1000
    /// `checkpoint_every`: steps between checkpoints; 1000 by default, and 0 writes one only after the last step.
    package var checkpointEvery = 1000

    /// `stop_after`: validations without a gain after which the run ends before its last step; 0, the default, never does.
    package var stopAfter = 0

    package enum Schedule: String, ConfigurationChoice {
        /// learning_rate · (1 − step / iterations)^power
        case polynomial = "poly"
        /// learning_rate · (1 + cos(π · step / iterations)) / 2
        case cosine
        /// learning_rate · factor^⌊plateaus · step / iterations⌋
        case step
        /// The learning rate stays.
        case constant
    }

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("iterations", &iterations, .range(1...1_000_000_000))
        visitor.value("batch", &batch, .range(1...1_000_000))
        visitor.value("learning_rate", &learningRate, .above(0, upTo: 1000))
        visitor.value("momentum", &momentum, .range(0..<1))
        visitor.value("weight_decay", &weightDecay, .range(0...1))
        visitor.value("schedule", &schedule)
        visitor.value("power", &power, .above(0, upTo: 100))
        visitor.value("plateaus", &plateaus, .range(1...1_000_000))
        visitor.value("factor", &factor, .above(0, upTo: 1))
        visitor.value("seed", &seed, .range(0...1_000_000_000))
        visitor.value("validate_every", &validateEvery, .range(0...1_000_000_000))
        visitor.value("checkpoint_every", &checkpointEvery, .range(0...1_000_000_000))
        visitor.value("stop_after", &stopAfter, .range(0...1_000_000))
    }
}
