// JPEG files in memory, over libjpeg-turbo.
//
// libjpeg's error handler must not return, so it jumps; the jump must not cross Swift frames: every function here
// catches it, returns a status, and leaves one sentence in the caller's buffer. Nothing is allocated for pixels or
// coefficients before the picture's size was checked.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a function returns.
enum cjpeg_status {
    CJPEG_OK = 0,
    /// Not a JPEG, cut short, or damaged; `error` says what.
    CJPEG_DAMAGED = 1,
    /// More pixels than the limit.
    CJPEG_TOO_LARGE = 2,
    CJPEG_OUT_OF_MEMORY = 3,
};

struct cjpeg_header {
    uint32_t width;
    uint32_t height;
    /// 1 (grey) or 3 (RGB), after decoding.
    uint32_t channels;
};

/// A picture whose header was read.
struct cjpeg_reader;

/// Reads the header of the file in `bytes`, which must stay in place until the reader is destroyed.
/// On success `*reader` is to be destroyed; otherwise it is NULL and `error` holds a sentence without a full stop.
int cjpeg_reader_create(const uint8_t *bytes, size_t count, uint64_t pixel_limit, struct cjpeg_reader **reader,
                        struct cjpeg_header *header, char *error, size_t error_capacity);

/// Decodes all rows to `pixels`, row-major, channels last: height * width * channels bytes. To be called once.
/// The transform is the accurate integer one and chroma is interpolated, so the bytes are those of common readers.
/// Four components (CMYK, YCCK) are what inks leave of the light, as Adobe stores them. They become RGB as in Pillow,
/// which looks at no profile and multiplies by what black leaves.
/// A file whose data are missing or damaged is refused, where libjpeg alone would fill the rest with grey.
int cjpeg_reader_decode(struct cjpeg_reader *reader, uint8_t *pixels, char *error, size_t error_capacity);

void cjpeg_reader_destroy(struct cjpeg_reader *reader);

#ifdef __cplusplus
}
#endif
