import ArgumentParser
import ConvolutionEngine
import Training

extension ConvolutionChoice: ExpressibleByArgument {}
extension MatrixProducts: ExpressibleByArgument {}

/// Which kernels compute.
struct KernelOptions: ParsableArguments {
    @Option(
        help: """
            How 3×3 convolutions are computed: direct rounds least, auto takes what is expected to be fastest (default: \
            auto).
            """)
    var convolution: ConvolutionChoice?

    @Option(help: "Which matrix product direct convolutions use; openblas is there to compare with (default: own).")
    var gemm: MatrixProducts?

    /// What is asked for; the instruction set is that which MODULOR_ISA names, or the best.
    var request: KernelRequest { KernelRequest(convolution: convolution, matrixProducts: gemm) }
}
