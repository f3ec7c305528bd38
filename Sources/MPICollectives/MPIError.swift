import CCollectives
import Collectives

/// Turns the library's codes into errors.
enum MPIError {
    static func check(_ status: Int32, _ operation: String, rank: Int?, host: String) throws(CollectiveError) {
        guard status != 0 else { return }
        let hint =
            switch status {
            case Int32(mdl_mpi_no_memory): "give the process more memory, or start fewer ranks on this host"
            case Int32(mdl_mpi_no_threads): "use one that has it: MODULOR_MPI names the folder it is installed in"
            default: "see whether all ranks run the same program and the network between their hosts is up"
            }
        throw CollectiveError(
            operation: operation, rank: rank, host: host, code: status,
            reason: text { mdl_mpi_error_text(status, $0, $1) }, hint: hint)
    }

    /// What a function writes into a buffer of C.
    static func text(_ write: (UnsafeMutablePointer<CChar>, Int32) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            buffer[0] = 0
            write(buffer.baseAddress!, Int32(buffer.count))
            return String(cString: buffer.baseAddress!)
        }
    }
}
