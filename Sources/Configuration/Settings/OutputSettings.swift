/// `output`: what is written, and where.
package struct OutputSettings: ConfigurationSection {
    /// `directory`: the folder of the run, relative to the working folder; `runs/train` by default, and `runs/pretrain`
    /// for pretraining.
    package var directory: String
    /// `keep_checkpoints`: how many of the newest checkpoints are kept; 3 by default.
    package var keepCheckpoints = 3
    /// `keep_best`: by which figure the best validated model is kept beside the newest; by default none is.
    package var keepBest = BestChoice.none
    /// `log_every`: steps between lines of progress where the output is no terminal; 10 by default.
    package var logEvery = 10

    package init(directory: String) {
        self.directory = directory
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("directory", &directory, .path)
        visitor.value("keep_checkpoints", &keepCheckpoints, .range(1...1_000_000))
        visitor.value("keep_best", &keepBest)
        visitor.value("log_every", &logEvery, .range(1...1_000_000_000))
    }
}
