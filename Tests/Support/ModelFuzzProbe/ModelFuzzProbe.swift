import Fuzzing
import ModelFuzzing

/// Damages files for what is made of them: networks, inspections, courses of runs.
@main
enum ModelFuzzProbe {
    static func main() { FuzzProgram.main(FuzzedReader.models) }
}
