// PNG files in memory, over libpng.
//
// libpng reports errors by longjmp, which must not cross Swift frames: every function here catches it, returns a
// status, and leaves one sentence in the caller's buffer. Nothing is allocated before the picture's size was checked.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a function returns.
enum cpng_status {
    CPNG_OK = 0,
    /// Not a PNG, cut short, or damaged; `error` says what.
    CPNG_DAMAGED = 1,
    /// More pixels than the limit.
    CPNG_TOO_LARGE = 2,
    CPNG_OUT_OF_MEMORY = 3,
};

/// What the pixels are once they are decoded; alpha is always left out.
enum cpng_output {
    /// One byte a value. 1, 2 and 4 bit grey is stretched to 0 ... 255, 16 bit is rounded to 8, a palette becomes RGB.
    CPNG_COLORS = 0,
    /// As CPNG_COLORS, but a palette picture gives its indices, one byte a pixel.
    CPNG_INDICES = 1,
    /// As CPNG_COLORS, but 16-bit values stay, each a uint16_t in the machine's order.
    CPNG_WIDE = 2,
};

struct cpng_header {
    uint32_t width;
    uint32_t height;
    /// 1 or 3, after decoding.
    uint32_t channels;
    /// 1 or 2, after decoding.
    uint32_t bytes_per_value;
    /// Colours of the file's palette, as RGB; 0 where it has none.
    uint32_t palette_count;
    uint8_t palette[256 * 3];
};

/// A picture whose header was read.
struct cpng_reader;

/// Reads the header of the file in `bytes`, which must stay in place until the reader is destroyed.
/// On success `*reader` is to be destroyed; otherwise it is NULL and `error` holds a sentence without a full stop.
int cpng_reader_create(const uint8_t *bytes, size_t count, enum cpng_output output, uint64_t pixel_limit,
                       struct cpng_reader **reader, struct cpng_header *header, char *error, size_t error_capacity);

/// Decodes all rows to `pixels`, row-major, channels last: height * width * channels * bytes_per_value bytes.
/// To be called once.
int cpng_reader_decode(struct cpng_reader *reader, uint8_t *pixels, char *error, size_t error_capacity);

void cpng_reader_destroy(struct cpng_reader *reader);

enum cpng_layout {
    CPNG_GREY = 0,
    CPNG_RGB = 1,
    /// Indices into a palette.
    CPNG_PALETTE = 2,
    /// uint16_t in the machine's order.
    CPNG_GREY16 = 3,
};

/// A picture that is being written.
struct cpng_writer;

/// Begins a picture. Its bytes are a function of what is given (and of the zlib in use): no date, no text.
/// `palette` holds `palette_count` RGB colours for CPNG_PALETTE and is not looked at otherwise.
/// On success `*writer` is to be destroyed; otherwise it is NULL and `error` holds a sentence without a full stop.
int cpng_writer_create(enum cpng_layout layout, uint32_t width, uint32_t height, const uint8_t *palette,
                       uint32_t palette_count, struct cpng_writer **writer, char *error, size_t error_capacity);

/// Encodes the next `rows` rows of `pixels`, row-major, and with `is_end` what follows the last one. `*encoded` are the
/// file's bytes since the call before, which last until the next one.
int cpng_writer_rows(struct cpng_writer *writer, const void *pixels, uint32_t rows, int is_end, const uint8_t **encoded,
                     size_t *encoded_count, char *error, size_t error_capacity);

void cpng_writer_destroy(struct cpng_writer *writer);

#ifdef __cplusplus
}
#endif
