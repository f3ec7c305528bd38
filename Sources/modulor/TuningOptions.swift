import ArgumentParser
import Reports
import Training

/// Which kernels compute, and whether to measure which of them are fastest.
struct TuningOptions: ParsableArguments {
    @OptionGroup var kernels: KernelOptions

    @Flag(
        help: """
            Measure on this machine which algorithm is fastest for each convolution, instead of predicting it; takes some \
            seconds, and is kept in $MODULOR_CACHE or ~/.cache for later.
            """)
    var tune = false

    var request: KernelRequest {
        var request = kernels.request
        request.tunes = tune
        return request
    }
}

extension TuningEvent {
    /// Tells the user.
    func show() {
        switch self {
        case .measuring(let done, let count):
            Terminal.status("measuring convolutions: \(done) of \(count)")
            if done == count { Terminal.endStatus() }
        case .noticed(let text): Terminal.note(text)
        case .tuned(let summary): Terminal.progress(summary.text)
        }
    }
}
