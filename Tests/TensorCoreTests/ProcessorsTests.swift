import TensorCore
import Testing

@Suite struct ProcessorsTests {
    /// A machine told by its files.
    private func processors(allowed: String, _ files: [String: String] = [:]) -> Processors {
        let status = "Name:\tmodulor\nThreads:\t1\nCpus_allowed:\tff\nCpus_allowed_list:\t\(allowed)\nMems_allowed:\t1"
        return Processors { path in path == "/proc/thread-self/status" ? status : files[path] }
    }

    private func topology(_ siblings: [Int: String]) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: siblings.map {
                ("/sys/devices/system/cpu/cpu\($0.key)/topology/thread_siblings_list", $0.value)
            })
    }

    @Test("lists of processors are read as the kernel writes them")
    func lists() {
        #expect(Processors.numbers("0") == [0])
        #expect(Processors.numbers("0-3,8,10-11") == [0, 1, 2, 3, 8, 10, 11])
        for bad in ["", "a", "3-1", "1-", "1-2-3"] { #expect(Processors.numbers(bad) == nil, "\(bad)") }
    }

    @Test("one processor of each core is taken, as far as the mask allows it")
    func cores() {
        let paired = topology([0: "0,4", 4: "0,4", 1: "1,5", 5: "1,5", 2: "2,6", 6: "2,6", 3: "3,7", 7: "3,7"])
        #expect(processors(allowed: "0-7", paired).cores == [0, 1, 2, 3])
        #expect(processors(allowed: "4-6", paired).cores == [4, 5, 6])
        #expect(processors(allowed: "1,5,6", paired).cores == [1, 6])
        let neighbours = topology([0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"])
        #expect(processors(allowed: "0-3", neighbours).cores == [0, 2])
    }

    @Test("a processor of which nothing is told is a core")
    func unknownTopology() {
        #expect(processors(allowed: "2-4").cores == [2, 3, 4])
        #expect(processors(allowed: "2-4").threads == 3)
        #expect(Processors { _ in nil }.threads == 1)
    }

    @Test(
        "a quota takes threads away, but never the last",
        arguments: [
            ("max 100000", 4), ("800000 100000", 4), ("250000 100000", 2), ("100000 100000", 1), ("20000 100000", 1),
        ])
    func quotas(text: String, threads: Int) {
        let machine = processors(
            allowed: "0-3",
            [
                "/proc/self/cgroup": "0::/",
                "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
                "/sys/fs/cgroup/cpu.max": text,
            ])
        #expect(machine.threads == threads)
    }

    @Test("workers are pinned only when there is one for every core")
    func pinning() {
        let machine = processors(allowed: "3,5")
        #expect(machine.pinning(threads: 2) == [3, 5])
        #expect(machine.pinning(threads: 1) == nil)
        #expect(machine.pinning(threads: 3) == nil)
    }

    @Test("ranks of a node take disjoint cores, with all processors of these")
    func slices() {
        let paired = topology([0: "0,4", 4: "0,4", 1: "1,5", 5: "1,5", 2: "2,6", 6: "2,6"])
        let machine = processors(allowed: "0-2,4-6", paired)
        let parts = (0..<2).map { machine.slice($0, of: 2, quotaShares: 2) }
        #expect(parts.map(\.list) == ["0,4", "1-2,5-6"])
        #expect(parts.map(\.threads) == [1, 2])
        #expect(parts[1].pinning(threads: 2) == [1, 2])
        // More ranks than cores: all share all, a worker each, which the system places.
        let crowded = machine.slice(3, of: 4, quotaShares: 4)
        #expect(crowded.list == "0-2,4-6" && crowded.threads == 1 && crowded.pinning(threads: 3) == nil)
    }

    @Test("a quota is for all ranks of the node")
    func slicedQuota() {
        let machine = processors(
            allowed: "0-7",
            [
                "/proc/self/cgroup": "0::/",
                "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
                "/sys/fs/cgroup/cpu.max": "400000 100000",
            ])
        #expect(machine.slice(0, of: 2, quotaShares: 2).threads == 2)
        #expect(machine.slice(0, of: 1, quotaShares: 4).threads == 1)
    }

    @Test("the processor's model is what the system calls it")
    func model() {
        let cpuinfo = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9R14\nstepping\t: 1\n"
        #expect(Processors.model(cpuinfo) == "AMD EPYC 9R14")
        #expect(Processors.model("processor\t: 0\nCPU part\t: 0xd40\n") == nil)
    }

    @Test("this machine has processors, and no more threads than processors")
    func here() {
        let here = Processors.available()
        #expect(Set(here.cores).isSubset(of: here.allowed))
        #expect((1...here.allowed.count).contains(here.threads))
    }
}
