import TensorCore
import Testing

@Suite struct ControlGroupTests {
    private let second = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"

    private func group(_ files: [String: String]) -> ControlGroup {
        ControlGroup { files[$0] }
    }

    @Test("a quota is time over period")
    func quota() {
        #expect(ControlGroup.quota("150000 100000") == 1.5)
        #expect(ControlGroup.quota("50000 100000") == 0.5)
        for unlimited in ["max 100000", "-1 100000", "", "100000", "1 0"] {
            #expect(ControlGroup.quota(unlimited) == nil, "\(unlimited)")
        }
    }

    @Test("version 2: the smallest limit on the way to the root counts")
    func secondVersion() {
        let group = group([
            "/proc/self/cgroup": "0::/system.slice/train.service",
            "/proc/self/mountinfo": second,
            "/sys/fs/cgroup/system.slice/train.service/cpu.max": "max 100000",
            "/sys/fs/cgroup/system.slice/cpu.max": "300000 100000",
            "/sys/fs/cgroup/system.slice/train.service/memory.max": "1073741824",
            "/sys/fs/cgroup/system.slice/memory.max": "max",
        ])
        #expect(group.processorQuota == 3)
        #expect(group.memoryLimit == 1_073_741_824)
    }

    @Test("version 1: each controller has its own hierarchy")
    func firstVersion() {
        let group = group([
            "/proc/self/cgroup": "9:memory:/jobs/7\n4:cpu,cpuacct:/jobs/7\n0::/",
            "/proc/self/mountinfo": """
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:6 - cgroup cgroup rw,memory
            """,
            "/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_quota_us": "200000",
            "/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_period_us": "100000",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            "/sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes": "4294967296",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        ])
        #expect(group.processorQuota == 2)
        #expect(group.memoryLimit == 4_294_967_296)
    }

    @Test("a container finds its own group at the root of the mount")
    func container() {
        let group = group([
            "/proc/self/cgroup": "5:cpu:/docker/4f2a",
            "/proc/self/mountinfo": "40 31 0:29 /docker/4f2a /sys/fs/cgroup/cpu ro master:9 - cgroup cgroup rw,cpu",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000",
            "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        ])
        #expect(group.processorQuota == 1.5)
    }

    @Test("nothing is limited where nothing is told")
    func unlimited() {
        #expect(group([:]).processorQuota == nil)
        #expect(group(["/proc/self/cgroup": "0::/", "/proc/self/mountinfo": second]).memoryLimit == nil)
        #expect(group(["/proc/self/cgroup": "nonsense", "/proc/self/mountinfo": "- -\n\n"]).processorQuota == nil)
    }
}
