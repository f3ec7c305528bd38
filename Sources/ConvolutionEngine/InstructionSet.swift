import CConvolution
import Foundation
import TensorCore

/// Which kernels run. Chosen once per process; `MODULOR_ISA` forces one.
package enum InstructionSet: String, CaseIterable, Sendable {
    case scalar, portable, avx2, avx512

    var identifier: mdl_isa {
        switch self {
        case .scalar: mdl_isa_scalar
        case .portable: mdl_isa_portable
        case .avx2: mdl_isa_avx2
        case .avx512: mdl_isa_avx512
        }
    }

    /// Floats in one vector.
    var vectorLength: Int {
        switch self {
        case .scalar: 1
        case .portable: 4
        case .avx2: 8
        case .avx512: 16
        }
    }

    /// Whether this machine can run it.
    package var isAvailable: Bool { mdl_isa_available(identifier) != 0 }

    /// Those that this machine can run, the widest last.
    package static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

    /// The widest that this machine has.
    package static var best: InstructionSet { available.last! }

    /// The names of those that this machine can run, the widest first.
    package static var availableNames: [String] { available.reversed().map(\.rawValue) }

    /// The variable of the environment that forces an instruction set.
    package static let variable = "MODULOR_ISA"

    /// What the environment asks for; the best where it says nothing.
    ///
    /// - Parameter available: what the machine can run, the widest last.
    package static func chosen(
        _ environment: [String: String], available: [InstructionSet] = InstructionSet.available
    ) throws(InstructionSetError) -> InstructionSet {
        guard let name = environment[variable], !name.isEmpty else { return available.last! }
        guard let chosen = InstructionSet(rawValue: name), available.contains(chosen) else {
            throw InstructionSetError(name: name, available: available)
        }
        return chosen
    }
}

/// The environment asks for kernels that do not exist, or that this machine cannot run.
package struct InstructionSetError: RequestError, Equatable {
    package let name: String
    package let available: [InstructionSet]

    package var description: String {
        let names = available.reversed().map(\.rawValue).joined(separator: ", ")
        let problem =
            InstructionSet(rawValue: name) == nil ? "is no instruction set" : "is more than this machine has"
        return "\(InstructionSet.variable)=\(name) \(problem); choose among \(names), or leave it out"
    }
}

/// The kernels of one instruction set, and which of their algorithms may be chosen.
package struct Kernels: @unchecked Sendable {
    // The tables are constants of the program.
    package let instructionSet: InstructionSet
    package let convolution: mdl_convolution_kernels
    package let winograd: mdl_winograd_kernels
    package let passes: mdl_passes
    /// Which algorithms convolutions may use.
    package let choice: ConvolutionChoice
    /// Who multiplies where convolutions are direct.
    package let matrixProducts: MatrixProducts
    /// The algorithms that were measured to be fastest, where that was asked for.
    package let measured: AlgorithmTable?

    /// The kernels that the environment asks for, the best where it says nothing.
    package static func chosen(
        _ environment: [String: String] = ProcessInfo.processInfo.environment, choice: ConvolutionChoice = .auto,
        matrixProducts: MatrixProducts = .own, measured: AlgorithmTable? = nil
    ) throws(InstructionSetError) -> Kernels {
        Kernels(
            try InstructionSet.chosen(environment), choice: choice, matrixProducts: matrixProducts, measured: measured)
    }

    /// - Precondition: the machine has the instruction set, the library of `matrixProducts` is loaded, and only a free
    ///   choice follows what was measured.
    package init(
        _ instructionSet: InstructionSet, choice: ConvolutionChoice = .direct, matrixProducts: MatrixProducts = .own,
        measured: AlgorithmTable? = nil
    ) {
        precondition(instructionSet.isAvailable, "this machine has no \(instructionSet.rawValue)")
        precondition(measured == nil || choice == .auto, "what was measured is for a free choice")
        self.measured = measured
        self.instructionSet = instructionSet
        self.choice = choice
        self.matrixProducts = matrixProducts
        convolution = mdl_convolution_kernels_for(instructionSet.identifier)!.pointee
        winograd = mdl_winograd_kernels_for(instructionSet.identifier)!.pointee
        passes = mdl_passes_for(instructionSet.identifier)!.pointee
    }

    /// Channels in one packed panel of a filter.
    package var panelWidth: Int { Int(convolution.panel_width) }
}
