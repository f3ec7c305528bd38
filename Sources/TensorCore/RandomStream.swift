/// Random numbers as a pure function of a name and an index.
///
/// Nothing is drawn from a shared state, so a value depends neither on who asks first nor on threads, ranks or
/// a restart. The bits are SplitMix64 (Steele, Lea, Flood 2014) started at the FNV-1a hash of the name:
///
///     z(i) = key + (i + 1) * 0x9E3779B97F4A7C15        wrapping, i = 0, 1, 2 …
///     bits(i) = finalizer(z(i))
package struct RandomStream: Sendable, Hashable {
    /// The 64-bit key that stands for the name.
    package let key: UInt64

    /// The stream named `name`; equal names give equal streams.
    package init(_ name: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        key = hash
    }

    /// The stream whose key is already known.
    package init(key: UInt64) {
        self.key = key
    }

    /// The stream of one purpose inside this one, for keys such as (seed, epoch, sample).
    package func substream(_ index: UInt64) -> RandomStream {
        RandomStream(key: RandomStream.finalize(bits(index) ^ 0xA076_1D64_78BD_642F))
    }

    /// The stream of a named purpose inside this one.
    package func substream(_ name: String) -> RandomStream {
        substream(RandomStream(name).key)
    }

    /// 64 random bits for `index`.
    @inlinable
    package func bits(_ index: UInt64) -> UInt64 {
        RandomStream.finalize(key &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// A value in [0, 1) on a grid of 2⁻²⁴, exact in float32.
    @inlinable
    package func unit(_ index: UInt64) -> Float {
        Float(bits(index) >> 40) * 0x1p-24
    }

    /// A value in [-1, 1) on a grid of 2⁻²³, exact in float32.
    @inlinable
    package func signed(_ index: UInt64) -> Float {
        unit(index) * 2 - 1
    }

    /// A whole number in 0 ..< `count`, by the high half of a 128-bit product (bias below count · 2⁻⁶⁴).
    package func integer(_ index: UInt64, below count: Int) -> Int {
        precondition(count > 0, "a random choice needs at least one candidate")
        return Int(bits(index).multipliedFullWidth(by: UInt64(count)).high)
    }

    @inlinable
    static func finalize(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
