// Maps of numbers in TIFF files in memory, over libtiff.
//
// Nothing is printed: what libtiff says of a file comes back as one sentence in the caller's buffer. Sizes are checked
// before memory is taken for them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a function returns.
enum ctiff_status {
    CTIFF_OK = 0,
    /// Not a TIFF file, cut short, or damaged; `error` says what.
    CTIFF_DAMAGED = 1,
    /// More pixels than the limit.
    CTIFF_TOO_LARGE = 2,
    CTIFF_OUT_OF_MEMORY = 3,
    /// More than one page. Smaller copies of the first one, and masks, are no pages.
    CTIFF_PAGES = 4,
    /// Compressed with loss (JPEG, WebP and others), or in a way that is not read.
    CTIFF_COMPRESSION = 5,
    /// Colours that are no plain numbers: YCbCr, CMYK, Lab, or grey whose 0 is white.
    CTIFF_COLORS = 6,
    /// Values that are no integers of 1, 2, 4, 8, 16, 32 or 64 bits and no floats of 16, 32 or 64.
    CTIFF_NUMBERS = 7,
    /// To be turned for display (tag Orientation).
    CTIFF_TURNED = 8,
};

enum ctiff_kind { CTIFF_UNSIGNED = 0, CTIFF_SIGNED = 1, CTIFF_FLOAT = 2 };

struct ctiff_header {
    uint32_t width;
    uint32_t height;
    /// Values a pixel, and how many of them, the last ones, are alpha.
    uint32_t channels;
    uint32_t alpha;
    /// Of a value, as stored, and once it is decoded: values of fewer than 8 bits take a byte each.
    uint32_t bits;
    uint32_t bytes_per_value;
    enum ctiff_kind kind;
    /// Whether values are indices of a palette.
    int has_palette;
    /// The value that stands for no value (GDAL's tag 42113), where the file names one.
    int has_unknown;
    double unknown;
};

/// A file whose header was read.
struct ctiff_reader;

/// Reads the header of the file in `bytes`, which must stay in place until the reader is destroyed.
/// On success `*reader` is to be destroyed; otherwise it is NULL and `error` holds what libtiff says, if anything.
int ctiff_reader_create(const uint8_t *bytes, size_t count, uint64_t pixel_limit, struct ctiff_reader **reader,
                        struct ctiff_header *header, char *error, size_t error_capacity);

/// Decodes all values to `values`, row-major, channels last, in the machine's byte order:
/// height * width * channels * bytes_per_value bytes.
int ctiff_reader_decode(struct ctiff_reader *reader, uint8_t *values, char *error, size_t error_capacity);

void ctiff_reader_destroy(struct ctiff_reader *reader);

#ifdef __cplusplus
}
#endif
