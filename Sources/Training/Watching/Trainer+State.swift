import Graph
import TensorCore

/// What a trainer shows of its state beside losses and scores.
extension Trainer {
    /// Pictures of three validation samples from all over the list and of the chosen ones, and the distributions of modulators.
    ///
    /// Only the first rank shows anything, and it asks no other.
    func showState(_ chosen: Validation.SampleChoice? = nil) throws {
        try team.first {
            let first = validation.spread(3)
            let choice = network.heads.indices.map { place in
                first + (chosen?[place] ?? []).filter { !first.contains($0) }
            }
            observe(.pictured(step: done, samples: try validation.pictured(choice)))
        }
        guard team.isFirst else { return }
        // A group of ranks has the gradients of its own tasks alone.
        let distributions = zip(parameters.groups, step.outputs).flatMap { group, outputs in
            histograms(group.trained, withGradients: loop.times.steps > 0 && outputs.contains(where: step.trains))
        }
        observe(.distributed(step: done, parameters: distributions))
    }

    /// Distributions of the backbone's trained convolutions: modulators and adapters, or without a bank all filters.
    private func histograms(_ storage: ParameterStorage, withGradients: Bool) -> [ParameterHistogram] {
        func histogram(_ entry: ParameterLayout.Entry, of memory: AlignedMemory) -> Histogram? {
            Histogram(UnsafeBufferPointer(start: memory.floats() + entry.offset, count: entry.parameter.count))
        }
        return storage.layout.entries.compactMap { entry in
            let parameter = entry.parameter
            guard parameter.part == .backbone, [.filter, .modulator].contains(parameter.kind),
                let values = histogram(entry, of: storage.values)
            else { return nil }
            return ParameterHistogram(
                name: parameter.name, values: values,
                gradient: withGradients ? histogram(entry, of: storage.gradient!) : nil)
        }
    }
}
