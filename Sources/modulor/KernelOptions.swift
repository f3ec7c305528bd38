import ArgumentParser
import ConvolutionEngine

extension ConvolutionChoice: ExpressibleByArgument {}

/// Which kernels compute.
struct KernelOptions: ParsableArguments {
    @Option(help: "How 3×3 convolutions are computed: direct rounds least, auto takes what is expected to be fastest.")
    var convolution = ConvolutionChoice.auto

    /// The kernels of the instruction set that MODULOR_ISA names, or of the best.
    func kernels() throws -> Kernels { try .chosen(choice: convolution) }
}
