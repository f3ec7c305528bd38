import CCrypto

/// A SHA-256 digest that is fed piece by piece (FIPS 180-4, computed by libcrypto).
///
/// Owns its libcrypto context. Digests are lowercase hexadecimal strings of 64 characters, as `sha256sum` prints them.
package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto cannot start SHA-256")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Appends `bytes` to what is digested.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            preconditionFailure("libcrypto cannot continue SHA-256")
        }
    }

    /// The digest of all bytes so far; more may follow.
    package var hexadecimal: String {
        guard let copy = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto has no memory for SHA-256")
        }
        defer { EVP_MD_CTX_free(copy) }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        guard EVP_MD_CTX_copy_ex(copy, context) == 1, EVP_DigestFinal_ex(copy, &digest, nil) == 1 else {
            preconditionFailure("libcrypto cannot finish SHA-256")
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of the file at `path`, read in pieces of 1 MiB. Throws `FileSystemError`.
    package static func hexadecimal(ofFile path: String) throws -> String {
        try hexadecimalAndByteCount(ofFile: path).hexadecimal
    }

    /// The same, with the file's size in bytes.
    package static func hexadecimalAndByteCount(ofFile path: String) throws -> (hexadecimal: String, byteCount: Int) {
        let reader = try FileReader(path: path)
        var digest = SHA256()
        try reader.forEachPiece { digest.update($0) }
        return (digest.hexadecimal, reader.byteCount)
    }

    /// The digest of bytes in memory, such as a text's or a bank's.
    package static func hexadecimal(of bytes: UnsafeRawBufferPointer) -> String {
        var digest = SHA256()
        digest.update(bytes)
        return digest.hexadecimal
    }

    /// Whether `text` is written as digests are written here.
    static func isHexadecimal(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 2 * Int(SHA256_DIGEST_LENGTH)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
