import Testing
import Training

/// The yardstick by which runs are compared, on tensors small enough to compute by hand.
@Suite struct VerdictTests {
    private func digest(_ name: String, _ values: [Double]) -> TensorDigest {
        TensorDigest(name: name, shape: [values.count], values: values)
    }

    private func stray(_ actual: [String: TensorDigest], _ expected: [String: TensorDigest]) -> GoldenCase.Yardstick {
        GoldenCase.Yardstick(actual: actual, expected: expected)
    }

    @Test func equalTensorsDoNotStray() {
        let tensors = ["a": digest("a", [1, -2, 3]), "b": digest("b", [0.5])]
        let yardstick = stray(tensors, tensors)
        #expect(yardstick.samples == 0 && yardstick.samplesMedian == 0 && yardstick.norm == 0)
    }

    @Test func errorsAreInProportionToTheTensor() {
        // One value: every one of the eight places is it, and its root mean square is itself.
        let expected = ["a": digest("a", [2]), "b": digest("b", [4]), "c": digest("c", [8])]
        let actual = ["a": digest("a", [2.5]), "b": digest("b", [4.5]), "c": digest("c", [8.5])]
        let yardstick = stray(actual, expected)
        #expect(yardstick.samples == 0.25 && yardstick.samplesMedian == 0.125 && yardstick.norm == 0.25)
    }

    @Test func medianOfTwoIsBetweenThem() {
        let expected = ["a": digest("a", [2]), "b": digest("b", [4])]
        let actual = ["a": digest("a", [2.5]), "b": digest("b", [4.5])]
        #expect(stray(actual, expected).samplesMedian == 0.1875)
    }

    @Test func smallTensorsAreMeasuredByTheLargest() {
        let expected = ["a": digest("a", [1000]), "b": digest("b", [0])]
        let actual = ["a": digest("a", [1000]), "b": digest("b", [0.5])]
        #expect(stray(actual, expected).samples == 0.5)
    }

    @Test func aTensorThatIsMissingFails() {
        let expected = ["a": digest("a", [1]), "b": digest("b", [1])]
        #expect(stray(["a": digest("a", [1])], expected).samples == .infinity)
        #expect(stray(["a": digest("a", [1])], expected).norm == .infinity)
    }

    @Test func aTensorTooManyFails() {
        let actual = ["a": digest("a", [1]), "b": digest("b", [1])]
        #expect(stray(actual, ["a": digest("a", [1])]).samples == .infinity)
    }

    @Test func anotherShapeFails() {
        let turned = TensorDigest(name: "a", shape: [2, 1], values: [1, 1])
        #expect(stray(["a": turned], ["a": digest("a", [1, 1])]).samples == .infinity)
    }

    @Test func whatIsNoNumberFails() {
        let expected = ["a": digest("a", [1, 2]), "b": digest("b", [3])]
        let yardstick = stray(["a": digest("a", [.nan, .nan]), "b": digest("b", [3])], expected)
        #expect(yardstick.samples == .infinity && yardstick.norm == .infinity)
    }

    /// A verdict on figures that a run met exactly, but for one.
    @Test func verdictFailsWhereOneFigureDoes() throws {
        let golden = try GoldenFixtures.read("r18-conv-parts")
        var digests = GoldenDigests()
        digests.loss = golden.loss
        digests.gradient = golden.gradient
        digests.updateFirst = golden.updateFirst
        digests.update = golden.update
        digests.running = golden.running
        digests.output = golden.output
        #expect(Verdict(golden, digests).complaints == [])

        func failing(_ change: (inout GoldenDigests) -> Void) -> Set<String> {
            var changed = digests
            change(&changed)
            return Set(Verdict(golden, changed).rows.filter { !$0.passes }.map(\.group))
        }
        #expect(failing { $0.loss[0]["human_parts"]! = .nan } == ["loss"])
        #expect(failing { $0.loss[1] = [:] } == ["loss"])
        #expect(failing { $0.loss.removeLast() } == ["loss"])
        #expect(failing { $0.loss[0]["human_parts"]! *= 1 + 5 * max(golden.float32.loss, 1e-6) } == ["loss"])
        #expect(failing { $0.gradient.removeValue(forKey: $0.gradient.keys.min()!) } == ["gradient"])
        #expect(failing { $0.running = [:] } == ["running"])
        #expect(failing { $0.output["output.human_parts"]!.value[3] = .nan } == ["output"])
        #expect(failing { $0.update = $0.updateFirst } == ["update"])
    }
}
