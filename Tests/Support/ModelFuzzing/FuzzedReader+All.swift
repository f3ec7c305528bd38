import Fuzzing

extension FuzzedReader {
    /// What makes something of files that others read for it.
    package static let models = [pretrainedNetwork, inspection, runHistory]
}
