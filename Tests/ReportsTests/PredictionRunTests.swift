import Reports
import Testing

@Suite struct PredictionRunTests {
    @Test("progress tells how many pictures are done, how fast, and how long the others take at that pace")
    func progress() {
        func text(_ done: Int, seconds: Double) -> String {
            PredictionRun.Event.advanced(done: done, count: 12, name: "kitchen", seconds: seconds).text
        }
        // Three in two seconds, so nine more in six.
        #expect(text(3, seconds: 2) == "3/12  kitchen  1.50 images/s  6 s left")
        #expect(text(1, seconds: 40) == "1/12  kitchen  0.03 images/s  440 s left")
        #expect(text(12, seconds: 8) == "12/12  kitchen  1.50 images/s  0 s left")
    }

    @Test("what is said of a picture that cannot be used is said as it is")
    func passedOver() {
        let sentence = "photos/a.png: it is neither a JPEG nor a PNG file"
        #expect(PredictionRun.Event.passedOver(sentence).text == sentence)
    }
}
