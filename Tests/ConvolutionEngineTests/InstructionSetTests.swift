import ConvolutionEngine
import Testing

@Suite struct InstructionSetTests {
    @Test func withoutAWishTheBestIsTaken() throws {
        #expect(try InstructionSet.chosen([:]) == .best)
        #expect(try InstructionSet.chosen(["MODULOR_ISA": "", "PATH": "avx2"]) == .best)
    }

    @Test func whatTheMachineHasCanBeForced() throws {
        for set in InstructionSet.allCases where set.isAvailable {
            #expect(try InstructionSet.chosen(["MODULOR_ISA": set.rawValue]) == set)
        }
    }

    @Test func whatDoesNotExistIsRefusedWithWhatDoes() throws {
        let error = #expect(throws: InstructionSetError.self) { try InstructionSet.chosen(["MODULOR_ISA": "AVX2"]) }
        let sentence = try #require(error).description
        #expect(sentence.hasPrefix("MODULOR_ISA=AVX2 is no instruction set; choose among"))
    }

    @Test func whatTheMachineLacksIsRefused() throws {
        for name in ["avx2", "avx512"] {
            let error = #expect(throws: InstructionSetError.self) {
                try InstructionSet.chosen(["MODULOR_ISA": name], available: [.scalar, .portable])
            }
            let sentence = try #require(error).description
            #expect(
                sentence == "MODULOR_ISA=\(name) is more than this machine has; choose among portable, scalar, "
                    + "or leave it out")
        }
        #expect(try InstructionSet.chosen([:], available: [.scalar, .portable]) == .portable)
    }
}
