/// What a machine has that training uses. Encoded, a nil is left out.
package struct MachineFacts: Encodable, Sendable, Equatable {
    /// The model of the processor as the system names it.
    package var processorModel: String?
    /// The kernels that run, and all that could, the widest first.
    package var isa: String
    package var availableIsas: [String]
    package var onlineProcessors: Int
    /// Processors in the affinity mask.
    package var allowedProcessors: Int
    /// Cores among the allowed processors.
    package var physicalCores: Int
    /// Processors' worth of time that the control group allows.
    package var quotaProcessors: Double?
    /// Workers that training starts by default.
    package var threads: Int
    package var memoryBytes: Int
    /// The control group's limit.
    package var memoryLimitBytes: Int?
    /// The size of /dev/shm, through which ranks on one machine share the filter bank.
    package var sharedMemoryBytes: Int?
    package var sharedMemoryFreeBytes: Int?
    /// Measured on one thread, and on `threads` threads together; a fused multiply-add counts two.
    package var peakGflopPerSecondPerThread: Double
    package var peakGflopPerSecond: Double
    /// The mpirun in PATH, or else the mpiexec.
    package var mpirun: String?
    /// Libraries of MPI, the one that the mpirun in PATH fits to first.
    package var mpi: [FoundMPI]
    /// The kernels that OpenBLAS picks here; nil where the engine cannot open it.
    package var openblasKernels: String?
    package var swiftVersion: String?

    package init(
        processorModel: String?, isa: String, availableIsas: [String], onlineProcessors: Int, allowedProcessors: Int,
        physicalCores: Int, quotaProcessors: Double?, threads: Int, memoryBytes: Int, memoryLimitBytes: Int?,
        sharedMemoryBytes: Int?, sharedMemoryFreeBytes: Int?, peakGflopPerSecondPerThread: Double,
        peakGflopPerSecond: Double, mpirun: String?, mpi: [FoundMPI], openblasKernels: String?, swiftVersion: String?
    ) {
        self.processorModel = processorModel
        self.isa = isa
        self.availableIsas = availableIsas
        self.onlineProcessors = onlineProcessors
        self.allowedProcessors = allowedProcessors
        self.physicalCores = physicalCores
        self.quotaProcessors = quotaProcessors
        self.threads = threads
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
        self.sharedMemoryBytes = sharedMemoryBytes
        self.sharedMemoryFreeBytes = sharedMemoryFreeBytes
        self.peakGflopPerSecondPerThread = peakGflopPerSecondPerThread
        self.peakGflopPerSecond = peakGflopPerSecond
        (self.mpirun, self.mpi) = (mpirun, mpi)
        self.openblasKernels = openblasKernels
        self.swiftVersion = swiftVersion
    }
}
