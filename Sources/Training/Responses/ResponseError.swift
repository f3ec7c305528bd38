/// A pretrained net's responses have no principal axes; nothing was written.
package enum ResponseError: Error, CustomStringConvertible, Equatable {
    /// Responses of a convolution hold an infinity or what is no number.
    case nonFinite(String)
    case noAxes(String)

    package var description: String {
        switch self {
        case .nonFinite(let name):
            "\(name): responses are not finite, so the bank is no sound pretrained net; nothing was written"
        case .noAxes(let name):
            "\(name): LAPACK found no principal axes of the responses; nothing was written; use more images"
        }
    }
}
