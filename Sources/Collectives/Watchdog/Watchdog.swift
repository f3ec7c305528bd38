import CSharedMemory
import CSockets
import Glibc

/// Finds out when ranks of a job are gone or stopped, says so once, and ends the job.
///
/// Every rank has a TCP connection to the first one, apart from all other communication, and each side sends a sign of
/// life a few times per stall limit. The thread that does so sleeps in between and does nothing else, so a long step, a
/// slow disk or a wait inside the communication library is no stall; a process that was killed closes its connection,
/// and one that was stopped, or whose host cannot be reached, falls silent. A thread of its own is needed because the
/// library may never return once a rank is lost, and says nothing before all ranks have joined.
///
/// The first rank speaks for all, and tells them that the job is over. When it is the one that is lost, the next rank of
/// its host speaks, and where there is none, the first of the next host.
package final class Watchdog: @unchecked Sendable {
    /// What the watch-dog needs from above.
    package struct Surroundings: Sendable {
        /// Says a sentence to the person who started the job.
        package let say: @Sendable (String) -> Void
        /// Ends the process at once, without waiting for any thread.
        package let exit: @Sendable (Int32) -> Never
        /// Whether the launcher is ending the job, so that who has been silent for a moment is the reason.
        package let isBeingEnded: @Sendable () -> Bool
        /// Whether the process that started this one is gone: nobody would end the job, or hear what it says.
        package let isAbandoned: @Sendable () -> Bool
        /// What can be found out about ranks that have not joined; nil where waiting for them is right.
        package let surveyStart: @Sendable () -> StartFinding?

        package init(
            say: @escaping @Sendable (String) -> Void, exit: @escaping @Sendable (Int32) -> Never,
            isBeingEnded: @escaping @Sendable () -> Bool = { false },
            isAbandoned: @escaping @Sendable () -> Bool = { false },
            surveyStart: @escaping @Sendable () -> StartFinding? = { nil }
        ) {
            (self.say, self.exit, self.isBeingEnded) = (say, exit, isBeingEnded)
            (self.isAbandoned, self.surveyStart) = (isAbandoned, surveyStart)
        }
    }

    /// What a rank knows when the job did not come together in time.
    package struct StartFinding: Sendable, Equatable {
        /// To be said by this rank; nil where another one knows more.
        package let sentence: String?
        /// Seconds to leave to ranks that know more.
        package let patience: Int

        package init(sentence: String?, patience: Int) {
            (self.sentence, self.patience) = (sentence, patience)
        }
    }

    /// The exit code of a job that may go on from its last checkpoint.
    package static let resumableCode: Int32 = 75
    /// What to do where ranks are lost; which command they run, they do not know.
    package static let advice = "start again; train, pretrain and add go on with --resume"

    private let loop: WatchLoop

    /// Begins to watch the start of a job.
    ///
    /// - Parameter stallSeconds: how long a rank may be silent.
    /// - Throws: ``CollectiveError`` when the system gives no thread.
    package init(stallSeconds: Int, _ surroundings: Surroundings) throws(CollectiveError) {
        loop = WatchLoop(stallSeconds: stallSeconds, surroundings)
        let body = Unmanaged.passRetained(loop)
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<WatchLoop>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            body.release()
            throw CollectiveError(
                operation: "starting the watch-dog", rank: nil, host: "this host", code: code,
                reason: String(cString: strerror(code)), hint: "allow this user more threads (ulimit -u)")
        }
        pthread_detach(handle)
    }

    /// Connects the ranks, all of which take part, and wait.
    package func connect(_ world: any Communicator) throws(CollectiveError) {
        var port: Int32 = 0
        var listener: Int32 = -1
        var secret = 0
        if world.rank == 0 {
            mdl_socket_allow(Int32(world.size + 512))
            listener = mdl_socket_listen(Int32(world.size), &port)
            secret = Int(UInt.random(in: 1..<UInt(Int.max)))
        }
        let texts = try world.gather(Self.places(port, secret))[0].split(separator: " ").map(String.init)
        let (target, shared) = (Int32(texts[0])!, Int(texts[1])!)
        guard target > 0 else { throw Self.error(world, listener, "listening for signs of life") }
        if world.rank == 0 {
            loop.locked { $0.lead(world, listener: listener, secret: shared) }
            loop.waitForAll()
        } else {
            try follow(world, texts.dropFirst(2), port: target, secret: shared)
        }
        // From here on everyone hears of every end.
        try world.barrier()
    }

    private func follow(
        _ world: any Communicator, _ addresses: ArraySlice<String>, port: Int32, secret: Int
    ) throws(CollectiveError) {
        var status: Int32 = -EHOSTUNREACH
        // Behind the loopback of another host listens somebody else.
        let isNeighbour = world.nodes.host(of: 0) == world.host
        for address in addresses where isNeighbour || !(address.hasPrefix("127.") || address == "::1") {
            status = mdl_socket_connect(address, port, 2000)
            if status >= 0 { break }
        }
        guard status >= 0 else { throw Self.error(world, status, "connecting to rank 0 for signs of life") }
        loop.locked { $0.follow(world, WatchLink(status), secret: secret) }
    }

    /// How long a rank may be silent.
    package func setLimit(stallSeconds: Int) { loop.locked { $0.setLimit(stallSeconds) } }

    /// Lets the watch-dog ask what communication is under way; nil for none.
    package func observeCommunication(_ name: @escaping @Sendable () -> String?) {
        loop.locked { $0.communication = name }
    }

    /// Says where this rank is: the step, from 1, and what it does.
    package func report(step: Int, _ phase: RankPhase) {
        loop.locked { $0.move(to: step, phase) }
    }

    /// Waits until all ranks are done, and ends the watch. Nothing may be said by ranks afterwards.
    package func leave() { loop.leave() }

    /// Ends all ranks at once with an exit code, after the reason was said here.
    package func end(code: Int32) -> Never { loop.end(code) }

    /// Waits a moment for the watch-dog to find out that a rank is lost, which then ends this process; returns where
    /// none is. For errors whose cause may be that.
    package func settle() { mdl_sleep(2_000_000_000) }

    /// "PORT SECRET ADDRESS…"
    private static func places(_ port: Int32, _ secret: Int) -> String {
        let addresses = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            buffer[0] = 0
            _ = mdl_socket_addresses(buffer.baseAddress!, Int32(buffer.count))
            return String(cString: buffer.baseAddress!)
        }
        return "\(port) \(secret) \(addresses)"
    }

    private static func error(_ world: any Communicator, _ status: Int32, _ operation: String) -> CollectiveError {
        CollectiveError(
            operation: operation, rank: world.rank, host: world.host, code: -status,
            reason: String(cString: strerror(-status)), hint: "let the hosts reach each other's TCP ports")
    }
}
