import Checkpoints
import Training

/// Files that were named on the command line.
enum GivenFile {
    /// Gives what `body` gives; a file that cannot be used is a mistake in what was asked for.
    static func use<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as InvalidFileError {
            throw UsageError(error.description)
        } catch let error as FileSystemError where error.operation != .write {
            throw UsageError(error.description)
        }
    }
}
