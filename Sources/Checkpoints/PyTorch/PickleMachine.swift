/// Runs the instructions of a Python pickle (protocols 2 to 5) as far as they build tensors and containers.
///
/// Nothing of Python exists here: the few names that a file may use are cases of `PickleName`, any other is refused by
/// name, and no instruction reaches code. Each instruction takes constant memory and time beside the bytes that it
/// reads, so both grow with the file alone. The instructions: Python's Lib/pickletools.py.
struct PickleMachine {
    /// Every pickle of these protocols begins with it.
    static let firstByte: UInt8 = 0x80
    /// No list of a network's tensors is longer; values in it take up to some tens of times the memory.
    static let maximumByteCount = 1 << 24

    var objects = PickleObjects()
    private var cursor: PickleCursor
    private var stack: [PickleValue] = []
    /// The heights of the stack at which open containers begin.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// Begins at `position` of `bytes`.
    init(_ bytes: [UInt8], at position: Int = 0) {
        cursor = PickleCursor(bytes, at: position)
    }

    /// Where the next pickle would begin.
    var position: Int { cursor.position }

    /// Runs one pickle to its end and gives what it built; its containers are added to `objects`.
    mutating func run() throws(PickleProblem) -> PickleValue {
        stack.removeAll()
        marks.removeAll()
        memo.removeAll()
        guard try cursor.byte() == Self.firstByte, (2...5).contains(try cursor.byte()) else {
            throw .damaged("it is not a pickle of protocol 2 to 5")
        }
        while true {
            let instruction = try cursor.byte()
            if instruction == UInt8(ascii: ".") { break }
            if try runScalar(instruction) { continue }
            if try runContainer(instruction) { continue }
            guard try runName(instruction) else {
                throw .unwelcome("its instruction \(instruction) is none that tensors and containers need")
            }
        }
        guard marks.isEmpty, stack.count == 1 else { throw Self.unbalanced }
        return try pop()
    }

    private static let unbalanced = PickleProblem.damaged("its instructions do not fit together")

    private mutating func pop() throws(PickleProblem) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw Self.unbalanced }
        return value
    }

    /// All that lies above the last mark, which goes too.
    private mutating func popToMark() throws(PickleProblem) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw Self.unbalanced }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func popSequence() throws(PickleProblem) -> [PickleValue] {
        guard case .sequence(let index) = try pop() else { throw Self.unbalanced }
        return objects.sequences[index]
    }

    // MARK: numbers, texts, and what was seen before

    private mutating func runScalar(_ instruction: UInt8) throws(PickleProblem) -> Bool {
        switch UnicodeScalar(instruction) {
        case "\u{95}": _ = try cursor.take(8)  // a frame: how much could be read ahead
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.boolean(true))
        case "\u{89}": stack.append(.boolean(false))
        case "J": stack.append(.integer(Int(Int32(truncatingIfNeeded: try cursor.unsigned(4)))))
        case "K": stack.append(.integer(Int(try cursor.unsigned(1))))
        case "M": stack.append(.integer(Int(try cursor.unsigned(2))))
        case "\u{8A}": try pushLong(cursor.length(1))
        case "\u{8B}": try pushLong(cursor.length(4))
        case "G": stack.append(.number(Double(bitPattern: try cursor.unsigned(8).byteSwapped)))
        case "U", "\u{8C}": stack.append(.text(try cursor.text(cursor.length(1))))
        case "T", "X": stack.append(.text(try cursor.text(cursor.length(4))))
        case "\u{8D}": stack.append(.text(try cursor.text(cursor.length(8))))
        case "C": try pushBytes(cursor.length(1))
        case "B": try pushBytes(cursor.length(4))
        case "\u{8E}", "\u{96}": try pushBytes(cursor.length(8))
        case "q": try remember(cursor.length(1))
        case "r": try remember(cursor.length(4))
        case "\u{94}": try remember(memo.count)
        case "h": try recall(cursor.length(1))
        case "j": try recall(cursor.length(4))
        default: return false
        }
        return true
    }

    private mutating func pushLong(_ count: Int) throws(PickleProblem) {
        let bytes = try cursor.take(count)
        guard count <= 8 else { return stack.append(.longInteger(Array(bytes))) }
        var number: Int64 = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
        for byte in bytes.reversed() { number = number << 8 | Int64(byte) }
        stack.append(.integer(Int(number)))
    }

    private mutating func pushBytes(_ count: Int) throws(PickleProblem) {
        _ = try cursor.take(count)
        stack.append(.inert)
    }

    private mutating func remember(_ place: Int) throws(PickleProblem) {
        guard stack.count > (marks.last ?? 0), let value = stack.last else { throw Self.unbalanced }
        memo[place] = value
    }

    private mutating func recall(_ place: Int) throws(PickleProblem) {
        guard let value = memo[place] else { throw Self.unbalanced }
        stack.append(value)
    }

    // MARK: containers

    private mutating func runContainer(_ instruction: UInt8) throws(PickleProblem) -> Bool {
        switch UnicodeScalar(instruction) {
        case "(": marks.append(stack.count)
        case "0": _ = try pop()
        case "1": _ = try popToMark()
        case "]", ")": stack.append(objects.sequence([]))
        case "t", "l": stack.append(objects.sequence(try popToMark()))
        case "\u{85}": try pushTuple(1)
        case "\u{86}": try pushTuple(2)
        case "\u{87}": try pushTuple(3)
        case "a": try append([pop()])
        case "e": try append(popToMark())
        case "}": stack.append(objects.dictionary())
        case "s":
            let value = try pop()
            try set([pop(), value])
        case "u": try set(popToMark())
        case "\u{8F}": stack.append(.inert)
        case "\u{90}": _ = try popToMark()
        case "\u{91}":
            _ = try popToMark()
            stack.append(.inert)
        default: return false
        }
        return true
    }

    private mutating func pushTuple(_ count: Int) throws(PickleProblem) {
        guard stack.count - count >= marks.last ?? 0 else { throw Self.unbalanced }
        let items = Array(stack.suffix(count))
        stack.removeLast(count)
        stack.append(objects.sequence(items))
    }

    private mutating func append(_ items: [PickleValue]) throws(PickleProblem) {
        guard case .sequence(let index) = stack.last else { throw Self.unbalanced }
        objects.sequences[index] += items
    }

    /// Sets keys and values, which take turns in `items`, of the dictionary on top.
    private mutating func set(_ items: [PickleValue]) throws(PickleProblem) {
        guard case .dictionary(let index) = stack.last, items.count % 2 == 0 else { throw Self.unbalanced }
        for place in stride(from: 0, to: items.count, by: 2) {
            objects.dictionaries[index].append((items[place], items[place + 1]))
        }
    }

    // MARK: names and what they make

    private mutating func runName(_ instruction: UInt8) throws(PickleProblem) -> Bool {
        switch UnicodeScalar(instruction) {
        case "c":
            let module = try cursor.line()
            stack.append(.name(try PickleName(module: module, name: cursor.line())))
        case "\u{93}":
            guard case .text(let name) = try pop(), case .text(let module) = try pop() else { throw Self.unbalanced }
            stack.append(.name(try PickleName(module: module, name: name)))
        case "R", "\u{81}":
            let arguments = try popSequence()
            guard case .name(let name) = try pop() else { throw Self.unbalanced }
            stack.append(try objects.made(by: name, of: arguments))
        case "b":
            // Attributes that PyTorch leaves on dictionaries and parameters; nothing reads them.
            _ = try pop()
            switch stack.last {
            case .dictionary, .tensor: break
            default: throw .unwelcome("it sets attributes of something that is no tensor")
            }
        case "Q":
            stack.append(try objects.storage(popSequence()))
        default: return false
        }
        return true
    }
}
