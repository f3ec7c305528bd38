@main
struct CollectivesProbe {
    static func main() {}
}
