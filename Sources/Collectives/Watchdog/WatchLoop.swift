import CSockets
import Glibc
import TensorCore

/// The thread of a ``Watchdog``, and what it shares with its callers, behind a monitor.
final class WatchLoop {
    private static let second: Int64 = 1_000_000_000
    /// How long the launcher may have let a lost rank go unnoticed before it ends the job.
    private static let silenceBeforeEnd = 2 * second

    private let monitor = Monitor()
    private let surroundings: Watchdog.Surroundings
    private var limit: Int64
    /// Between two signs of life.
    private var interval: Int64
    private let began = MonotonicClock.nanoseconds
    private var activity = RankActivity()
    var communication: (@Sendable () -> String?)?

    private var rank = 0
    private var nodes: NodeLayout?
    private var listener: Int32 = -1
    private var secret = 0
    /// On the first rank, those who have not said who they are.
    private var strangers: [WatchLink] = []
    /// On the first rank all others, by rank from 1; on others the first.
    private var links: [WatchLink] = []
    /// On the first rank, ranks that never connected: since when they are awaited.
    private var awaited: [Int: Int64] = [:]
    /// When signs of life were sent last.
    private var sent: Int64 = 0
    private var isDone = false
    private var isOver = false
    /// When what was found is said.
    private var verdict: Int64?

    init(stallSeconds: Int, _ surroundings: Watchdog.Surroundings) {
        self.surroundings = surroundings
        limit = Int64(stallSeconds) * Self.second
        interval = 0
        setLimit(stallSeconds)
    }

    func locked(_ body: (WatchLoop) -> Void) {
        monitor.lock()
        body(self)
        monitor.unlock()
    }

    // MARK: Callers, with the lock

    func setLimit(_ seconds: Int) {
        limit = Int64(seconds) * Self.second
        interval = min(Self.second / 2, limit / 8)
    }

    func move(to step: Int, _ phase: RankPhase) {
        activity.step = step
        activity.phase = phase
        // So that the place where a rank is lost is known; the first rank leaves its many messages to the thread.
        let now = MonotonicClock.nanoseconds
        if rank > 0, now - sent > Self.second / 20 { sendBeats(now) }
    }

    func lead(_ world: any Communicator, listener: Int32, secret: Int) {
        (rank, nodes, self.listener, self.secret) = (0, world.nodes, listener, secret)
        let now = MonotonicClock.nanoseconds
        for other in 1..<world.size { awaited[other] = now }
        activity.phase = .starting
    }

    func follow(_ world: any Communicator, _ link: WatchLink, secret: Int) {
        (rank, nodes) = (world.rank, world.nodes)
        link.rank = 0
        link.send(WatchMessage(.hello, number: rank, activity: RankActivity(step: secret)))
        links = [link]
        activity.phase = .starting
    }

    // MARK: Callers, without it

    /// Waits until all ranks have connected.
    func waitForAll() {
        monitor.lock()
        while !awaited.isEmpty { monitor.wait() }
        monitor.unlock()
    }

    func leave() {
        monitor.lock()
        isDone = true
        activity.phase = .finishing
        if rank > 0 { links.first?.send(WatchMessage(.done)) }
        finishIfAllAreDone()
        while !isOver { monitor.wait() }
        monitor.unlock()
    }

    func end(_ code: Int32) -> Never {
        monitor.lock()
        conclude(code)
    }

    // MARK: The thread

    func run() {
        var last = MonotonicClock.nanoseconds
        var nextBeat = last
        while true {
            wait(until: nextBeat)
            monitor.lock()
            if isOver {
                monitor.unlock()
                return
            }
            let now = MonotonicClock.nanoseconds
            // Who was stopped itself has not listened, so the silence was its own.
            if now - last > limit / 2 { forgetSilence(now) }
            last = now
            listen()
            if now >= nextBeat {
                nextBeat = now + interval
                sendBeats(now)
                if surroundings.isAbandoned() { conclude(Watchdog.resumableCode) }
            }
            judge(now)
            finishIfAllAreDone()
            monitor.unlock()
        }
    }

    private func wait(until nextBeat: Int64) {
        monitor.lock()
        var looks = (links + strangers).filter { !$0.hasEnded }.map {
            pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
        }
        if listener >= 0 { looks.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
        let isConnected = nodes != nil
        let next = min(nextBeat, verdict ?? .max)
        monitor.unlock()
        var milliseconds = max(1, (next - MonotonicClock.nanoseconds) / 1_000_000)
        if !isConnected { milliseconds = min(milliseconds, 100) }
        poll(&looks, nfds_t(looks.count), Int32(milliseconds))
    }

    private func listen() {
        while listener >= 0 {
            let descriptor = mdl_socket_accept(listener)
            guard descriptor >= 0 else { break }
            strangers.append(WatchLink(descriptor))
        }
        for stranger in strangers {
            let messages = stranger.receive()
            guard let first = messages.first else { continue }
            let other = Int(first.number)
            if first.kind == .hello, first.activity.step == secret, awaited.removeValue(forKey: other) != nil {
                stranger.rank = other
                links.append(stranger)
                if awaited.isEmpty { monitor.announce() }
                take(messages.dropFirst(), from: stranger)
            } else {
                stranger.hasEnded = true
            }
        }
        strangers.removeAll { $0.rank != nil || $0.hasEnded }
        for link in links where !link.hasEnded { take(link.receive()[...], from: link) }
    }

    private func take(_ messages: ArraySlice<WatchMessage>, from link: WatchLink) {
        for message in messages {
            switch message.kind {
            case .hello, .beat: break
            case .done: link.isDone = true
            case .over: conclude(message.number)
            }
        }
    }

    private func sendBeats(_ now: Int64) {
        sent = now
        var own = activity
        own.communication = communication?() ?? ""
        for link in links where !link.hasEnded { link.send(WatchMessage(.beat, activity: own)) }
    }

    private func forgetSilence(_ now: Int64) {
        for link in links { link.heard = now }
        for other in awaited.keys { awaited[other] = now }
    }

    // MARK: Judging

    private func judge(_ now: Int64) {
        guard let nodes else { return judgeStart(now) }
        let lost = lostRanks(now, nodes)
        guard !lost.isEmpty else {
            verdict = nil
            return
        }
        guard let verdict else {
            self.verdict = now + delay(nodes)
            return
        }
        guard now >= verdict else { return }
        if speaks(nodes) {
            let own = communication?() ?? ""
            let heard = links.filter { !$0.hasEnded }.map(\.activity.communication).first { !$0.isEmpty }
            surroundings.say(
                LostRanks(ranks: lost, step: activity.step, awaited: own.isEmpty && rank == 0 ? heard ?? "" : own)
                    .description)
        }
        conclude(Watchdog.resumableCode)
    }

    private func lostRanks(_ now: Int64, _ nodes: NodeLayout) -> [LostRanks.Rank] {
        let limit = surroundings.isBeingEnded() ? min(limit, Self.silenceBeforeEnd) : limit
        func silence(since heard: Int64) -> Int? { now - heard > limit ? Int((now - heard) / Self.second) : nil }
        var lost = links.compactMap { link -> LostRanks.Rank? in
            guard !link.isDone, let rank = link.rank else { return nil }
            let silence = link.hasEnded ? nil : silence(since: link.heard)
            guard link.hasEnded || silence != nil else { return nil }
            return LostRanks.Rank(rank: rank, host: nodes.host(of: rank), activity: link.activity, silence: silence)
        }
        for (rank, since) in awaited {
            guard let silence = silence(since: since) else { continue }
            lost.append(
                LostRanks.Rank(rank: rank, host: nodes.host(of: rank), activity: RankActivity(), silence: silence))
        }
        return lost.sorted { $0.rank < $1.rank }
    }

    /// The first rank waits until the others have come to where they need who is lost; who speaks when that one is lost
    /// leaves time to those before it, which may be lost as well.
    private func delay(_ nodes: NodeLayout) -> Int64 {
        let moment = Self.second / 5
        guard rank > 0 else { return moment }
        guard let place = speakers(nodes).firstIndex(of: rank) else { return 8 * Self.second }
        let turn = surroundings.isBeingEnded() ? moment : 2 * Self.second
        return moment + Int64(min(3, place)) * turn
    }

    private func speaks(_ nodes: NodeLayout) -> Bool { rank == 0 || speakers(nodes).contains(rank) }

    /// Who speaks when the first rank is lost, in turn: one rank of each host.
    private func speakers(_ nodes: NodeLayout) -> [Int] {
        nodes.ranks.compactMap { $0.first { $0 > 0 } }
    }

    private func judgeStart(_ now: Int64) {
        let waited = now - began
        guard waited > limit, let finding = surroundings.surveyStart() else { return }
        guard waited > limit + Int64(finding.patience) * Self.second else { return }
        if let sentence = finding.sentence { surroundings.say(sentence) }
        conclude(Watchdog.resumableCode)
    }

    // MARK: Ends

    /// The first rank leaves last, so that somebody watches to the end.
    private func finishIfAllAreDone() {
        guard isDone, awaited.isEmpty, links.allSatisfy(\.isDone) else { return }
        if rank == 0 { for link in links { link.send(WatchMessage(.done)) } }
        isOver = true
        monitor.announce()
    }

    /// Ends the process, and tells those who listen; with the lock, which is never given back.
    private func conclude(_ code: Int32) -> Never {
        for link in links where !link.hasEnded { link.send(WatchMessage(.over, number: Int(code))) }
        surroundings.exit(code)
    }
}
