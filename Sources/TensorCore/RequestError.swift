/// An error whose cause lies in what was asked for: an argument, a variable of the environment, a configuration.
/// A program that ends by it says so with status 2; its description says what to change.
package protocol RequestError: Error, CustomStringConvertible {}
