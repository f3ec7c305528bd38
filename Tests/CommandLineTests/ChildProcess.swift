import Foundation

/// A process that lives beside other tests for a while.
///
/// Foundation's `Process` learns of an end by a socket that is handed down to every child started meanwhile, so that one
/// that lives long would keep the ends of others from being seen; and children inherit the signals that threads of tests
/// block. This one hands down neither.
final class ChildProcess {
    let identifier: pid_t
    private var reaped: Int32?

    struct Failure: Error {
        let code: Int32
    }

    /// - Parameter output: files that standard output and standard error are written to; nil throws both away.
    init(
        _ program: URL, _ arguments: [String], environment: [String: String], output: (URL, URL)? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output?.0.path ?? "/dev/null", flags, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, output?.1.path ?? "/dev/null", flags, 0o644)
        // What is not open is closed without complaint.
        for descriptor in 3..<Int32(512) { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // It leads a group of its own, as a command that is typed does.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var words = ([program.path] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var identifier = pid_t()
        let code = posix_spawn(&identifier, program.path, &actions, &attributes, &words, &settings)
        guard code == 0 else { throw Failure(code: code) }
        self.identifier = identifier
    }

    /// As a shell gives it: the exit code, or 128 and the signal's number; nil while the process runs.
    var status: Int32? {
        if let reaped { return reaped }
        var word: Int32 = 0
        guard waitpid(identifier, &word, WNOHANG) == identifier else { return nil }
        reaped = word & 0x7F == 0 ? word >> 8 & 0xFF : 128 + word & 0x7F
        return reaped
    }

    /// Waits for the end; nil where it does not come in time.
    func status(within seconds: Int) -> Int32? {
        let end = Date() + Double(seconds)
        while status == nil, Date() < end { usleep(20_000) }
        return status
    }

    /// Sends a signal to the process, or to all of its group.
    func signal(_ number: Int32, toGroup: Bool = false) {
        if status == nil { kill(toGroup ? -identifier : identifier, number) }
    }
}
