import ConvolutionEngine
import Testing

@Suite struct InstructionSetTests {
    @Test("the widest runs unless another is forced")
    func choice() throws {
        #expect(try InstructionSet.chosen(by: nil) == .best)
        #expect(try InstructionSet.chosen(by: "") == .best)
        #expect(try InstructionSet.chosen(by: "scalar") == .scalar)
        #expect(InstructionSet.availableNames.first == InstructionSet.best.rawValue)
        #expect(InstructionSet.availableNames.suffix(2) == ["portable", "scalar"])
    }

    @Test("a set that is unknown or missing is refused by name, with those that run here")
    func refused() {
        let error = #expect(throws: InstructionSetError.self) { try InstructionSet.chosen(by: "AVX2") }
        #expect(error?.description.contains("MODULOR_ISA=AVX2") == true)
        #expect(error?.description.contains("portable, scalar") == true)
        for missing in InstructionSet.allCases where !missing.isAvailable {
            #expect(throws: InstructionSetError(name: missing.rawValue)) {
                try InstructionSet.chosen(by: missing.rawValue)
            }
        }
    }
}
