/// `training`: the optimization.
package struct TrainingSettings: ConfigurationSection {
    /// `iterations`: steps, each over one global batch; 20000 by default.
    package var iterations = 20_000
    /// `batch`: samples per step over all ranks together; 8 by default, as in the paper.
    package var batch = 8
    /// `accumulate`: the parts that a rank computes one after the other of every batch, whose gradients are added up before
    /// the one update; 1 by default.
    package var accumulate = 1
    /// `learning_rate`: that of the first step; 0.005 by default, as in the paper.
    package var learningRate = 0.005
    /// `optimizer`: how steps follow from gradients. The keys `momentum` and `weight_decay` that stood here before are still
    /// read, as those of `sgd`.
    package var optimizer = OptimizerSettings()
    /// `schedule`: how the learning rate falls; `poly` by default, as in the paper.
    package var schedule = Schedule.polynomial
    /// `power`: the exponent p of `poly`; 0.9 by default, as in the paper.
    package var power = 0.9
    /// `plateaus`: the equal parts of training in which `step` keeps the learning rate; 3 by default.
    package var plateaus = 3
    /// `factor`: what `step` multiplies the learning rate with after each part; 0.1 by default.
    package var factor = 0.1
    /// `warmup`: so many steps, in step t of which the learning rate is multiplied with (t + 1) / warmup; 0 by default.
    package var warmup = 0
    /// `clip_norm`: the largest norm of the gradients of one network's trained parameters, which are scaled down to it; by
    /// default there is none.
    package var clipNorm: Double?
    /// `factors`: of learning rate and weight decay, by part of the network.
    package var factors = PartFactors()
    /// `average`: of the weights over steps.
    package var average = AverageSettings()
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
        visitor.value("accumulate", &accumulate, .range(1...1_000_000))
        visitor.value("learning_rate", &learningRate, .above(0, upTo: 1000))
        visitor.section("optimizer", &optimizer)
        visitOldKeys(&visitor)
        visitor.value("schedule", &schedule)
        visitor.value("power", &power, .above(0, upTo: 100))
        visitor.value("plateaus", &plateaus, .range(1...1_000_000))
        visitor.value("factor", &factor, .above(0, upTo: 1))
        visitor.value("warmup", &warmup, .range(0...1_000_000_000))
        visitor.value("clip_norm", &clipNorm, Allowed("above 0.0") { $0.map { $0 > 0 } ?? true })
        visitor.section("factors", &factors)
        visitor.section("average", &average)
        visitor.value("seed", &seed, .range(0...1_000_000_000))
        visitor.value("validate_every", &validateEvery, .range(0...1_000_000_000))
        visitor.value("checkpoint_every", &checkpointEvery, .range(0...1_000_000_000))
        visitor.value("stop_after", &stopAfter, .range(0...1_000_000))
    }

    /// The keys of SGD that stood in this section before there were other optimizers.
    private mutating func visitOldKeys(_ visitor: inout some ConfigurationVisitor) {
        guard var sgd = optimizer.optimizer as? SGD else {
            var unused = SGD()
            visitor.alias("momentum", of: "optimizer", &unused.momentum, SGD.momenta)
            visitor.alias("weight_decay", of: "optimizer", &unused.weightDecay, SGD.decays)
            return
        }
        visitor.alias("momentum", of: "optimizer", &sgd.momentum, SGD.momenta)
        visitor.alias("weight_decay", of: "optimizer", &sgd.weightDecay, SGD.decays)
        optimizer.optimizer = sgd
    }
}
