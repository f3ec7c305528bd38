/// What runs note of the program that trains them.
package enum Release {
    package static let version = "0.1.0"
}
