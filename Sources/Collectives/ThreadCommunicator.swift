/// Ranks that are threads of one process: what runs on many ranks can be tested, and followed in a debugger, without a
/// launcher.
package final class ThreadCommunicator: Communicator, @unchecked Sendable {
    // What ranks share lies in `group`, behind its lock; the rest belongs to the rank's thread.
    package let rank: Int
    package var size: Int { group.size }
    package var nodes: NodeLayout { group.nodes }
    private let group: Group
    private var started = 0
    private var splits = 0
    private var receipts: [Receipt] = []

    /// The communicators of ranks that are spread over nodes of these sizes.
    package static func world(ranksOfNodes: [Int]) -> [ThreadCommunicator] {
        var first = 0
        let ranks = ranksOfNodes.map { count in
            defer { first += count }
            return first..<first + count
        }
        let layout = NodeLayout(hosts: ranks.indices.map { "node\($0)" }, ranks: ranks)
        let group = Group(nodes: layout, size: first)
        return (0..<first).map { ThreadCommunicator(rank: $0, group: group) }
    }

    private init(rank: Int, group: Group) {
        self.rank = rank
        self.group = group
    }

    package func startBarrier() -> CollectiveRequest { post(Post(kind: .barrier)) }

    package func startBroadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) -> CollectiveRequest {
        post(Post(kind: .broadcast(root: root, count: bytes.count), receive: bytes.baseAddress))
    }

    package func startAllToAll(
        _ send: UnsafeRawPointer, _ sendLayout: BlockLayout, into receive: UnsafeMutableRawPointer,
        _ receiveLayout: BlockLayout
    ) -> CollectiveRequest {
        post(
            Post(
                kind: .allToAll, send: send, sendLayout: sendLayout, receive: receive, receiveLayout: receiveLayout))
    }

    package func startAllGather(
        _ send: UnsafeRawPointer?, into receive: UnsafeMutableRawPointer, _ layout: BlockLayout
    ) -> CollectiveRequest {
        let own = send ?? UnsafeRawPointer(receive + Int(layout.offsets[rank]))
        return post(Post(kind: .allGather, send: own, receive: receive, receiveLayout: layout))
    }

    package func startSend(_ bytes: UnsafeRawPointer, count: Int, to rank: Int, tag: Int) -> CollectiveRequest {
        let message = Array(UnsafeRawBufferPointer(start: bytes, count: count))
        group.locked { $0.messages[[self.rank, rank, tag], default: []].append(message) }
        return CollectiveRequest(number: Self.sent)
    }

    package func startReceive(
        _ bytes: UnsafeMutableRawPointer, count: Int, from rank: Int, tag: Int
    ) -> CollectiveRequest {
        receipts.append(Receipt(key: [rank, self.rank, tag], bytes: bytes, count: count))
        return CollectiveRequest(number: Self.sent - receipts.count)
    }

    package func startAllReduce(
        _ values: UnsafeMutableRawPointer, count: Int, _ element: CollectiveElement
    ) -> CollectiveRequest {
        post(Post(kind: .allReduce(element, count: count), receive: values))
    }

    package func test(_ request: CollectiveRequest) -> Bool {
        if request.number < 0 { return hasCome(request.number) }
        return group.locked { $0.test(request.number, rank: rank) }
    }

    package func split(color: Int, key: Int) throws(CollectiveError) -> any Communicator {
        let members = try members(color: color, key: key)
        splits += 1
        let name = [splits, color]
        let nodes = group.nodes.restricted(to: members)
        let part = group.locked { group in
            if group.parts[name] == nil { group.parts[name] = Group(nodes: nodes, size: members.count) }
            return group.parts[name]!
        }
        return ThreadCommunicator(rank: members.firstIndex(of: rank)!, group: part)
    }

    package func duplicate() throws(CollectiveError) -> any Communicator { try split(color: 0, key: rank) }

    package func abort(code: Int32) -> Never { fatalError("rank \(rank) ended the job with code \(code)") }

    /// Whether a message is through; those below `sent` are receipts.
    private func hasCome(_ number: Int) -> Bool {
        guard number < Self.sent else { return true }
        let receipt = receipts[Self.sent - 1 - number]
        guard let message = group.locked({ $0.take(receipt.key) }) else { return false }
        precondition(message.count == receipt.count, "both sides count alike")
        message.withUnsafeBytes { receipt.bytes.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return true
    }

    /// The number of a request to send, which is done at once.
    private static let sent = -1

    /// Where a message from another rank belongs.
    private struct Receipt {
        /// From, to and tag.
        let key: [Int]
        let bytes: UnsafeMutableRawPointer
        let count: Int
    }

    private func post(_ post: Post) -> CollectiveRequest {
        let number = started
        started += 1
        group.locked { $0.post(post, number, rank: rank) }
        return CollectiveRequest(number: number)
    }

    /// What one rank brings to an operation.
    private struct Post {
        enum Kind {
            case barrier, allToAll, allGather
            case broadcast(root: Int, count: Int)
            case allReduce(CollectiveElement, count: Int)
        }
        var kind: Kind
        var send: UnsafeRawPointer?
        var sendLayout: BlockLayout?
        var receive: UnsafeMutableRawPointer?
        var receiveLayout: BlockLayout?
    }

    /// One operation: all ranks bring their part, each then fetches what it is to receive, and when all have, it is done.
    private final class Round {
        var posts: [Post?]
        var fetched: [Bool]
        var left = 0
        var reduced: [UInt8] = []

        init(size: Int) {
            posts = Array(repeating: nil, count: size)
            fetched = Array(repeating: false, count: size)
        }
    }

    private final class Group {
        let nodes: NodeLayout
        let size: Int
        var parts: [[Int]: Group] = [:]
        /// On their way, by from, to and tag.
        var messages: [[Int]: [[UInt8]]] = [:]
        private let monitor = Monitor()
        private var rounds: [Int: Round] = [:]

        init(nodes: NodeLayout, size: Int) {
            self.nodes = nodes
            self.size = size
        }

        func locked<Result>(_ body: (Group) -> Result) -> Result {
            monitor.lock()
            defer { monitor.unlock() }
            return body(self)
        }

        func post(_ post: Post, _ number: Int, rank: Int) {
            let round = rounds[number] ?? Round(size: size)
            rounds[number] = round
            round.posts[rank] = post
            if case .allReduce(let element, let count) = post.kind,
                round.posts.allSatisfy({ $0 != nil })
            {
                reduce(round, element, count)
            }
        }

        func take(_ key: [Int]) -> [UInt8]? {
            messages[key]?.isEmpty == false ? messages[key]!.removeFirst() : nil
        }

        func test(_ number: Int, rank: Int) -> Bool {
            let round = rounds[number]!
            guard round.posts.allSatisfy({ $0 != nil }) else { return false }
            if !round.fetched[rank] {
                fetch(round, rank: rank)
                round.fetched[rank] = true
            }
            guard round.fetched.allSatisfy({ $0 }) else { return false }
            round.left += 1
            if round.left == size { rounds[number] = nil }
            return true
        }

        private func fetch(_ round: Round, rank: Int) {
            let own = round.posts[rank]!
            switch own.kind {
            case .barrier: break
            case .broadcast(let root, let count):
                if root != rank { own.receive!.copyMemory(from: round.posts[root]!.receive!, byteCount: count) }
            case .allToAll:
                for other in 0..<size {
                    let sender = round.posts[other]!
                    let layout = sender.sendLayout!
                    precondition(layout.counts[rank] == own.receiveLayout!.counts[other], "both sides count alike")
                    (own.receive! + Int(own.receiveLayout!.offsets[other])).copyMemory(
                        from: sender.send! + Int(layout.offsets[rank]), byteCount: Int(layout.counts[rank]))
                }
            case .allGather:
                let layout = own.receiveLayout!
                for other in 0..<size {
                    (own.receive! + Int(layout.offsets[other])).copyMemory(
                        from: round.posts[other]!.send!, byteCount: Int(layout.counts[other]))
                }
            case .allReduce:
                round.reduced.withUnsafeBytes { own.receive!.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            }
        }

        private func reduce(_ round: Round, _ element: CollectiveElement, _ count: Int) {
            func all<Number: AdditiveArithmetic & BitwiseCopyable>(_ type: Number.Type) -> [UInt8] {
                let values = (0..<count).map { index in
                    let parts = round.posts.map {
                        $0!.receive!.loadUnaligned(
                            fromByteOffset: index * MemoryLayout<Number>.stride, as: type)
                    }
                    return parts.reduce(Number.zero, +)
                }
                return values.withUnsafeBytes { Array($0) }
            }
            switch element {
            case .float32: round.reduced = all(Float.self)
            case .int64: round.reduced = all(Int64.self)
            }
        }
    }
}
