import Fuzzing

/// Damages what readers of files take, in which libraries of C have a part.
@main
enum FuzzProbe {
    static func main() { FuzzProgram.main(FuzzedReader.files) }
}
