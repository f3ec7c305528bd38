#include "CTIFF.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#if TIFFLIB_VERSION < 20221213
#error "libtiff 4.5 or newer is needed"
#endif

/// No picture that is trained with has longer sides; libtiff's fax decoder takes memory for a row before it reads one.
enum { SIDE_LIMIT = 1 << 18 };
/// What a byte of a compressed file can unpack to: more than any of an honest one does.
enum { EXPANSION_LIMIT = 1 << 15 };
/// Smaller copies and masks that may follow the first page.
enum { DIRECTORY_LIMIT = 256 };
/// A text in which GDAL notes the value that stands for none.
enum { TAG_GDAL_NODATA = 42113 };

struct ctiff_reader {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    TIFF *tiff;
    struct ctiff_header header;
    char *error;
    size_t error_capacity;
    /// How many errors libtiff told, and warnings while `warnings_count`.
    size_t complaints;
    int warnings_count;
};

// MARK: what libtiff calls

static void say(struct ctiff_reader *reader, const char *text) {
    if (reader->error_capacity > 0) {
        snprintf(reader->error, reader->error_capacity, "%s", text);
    }
}

/// Keeps the first complaint: those behind it follow from it.
static int complain(TIFF *tiff, void *context, const char *module, const char *format, va_list arguments) {
    (void)tiff;
    (void)module;
    struct ctiff_reader *reader = context;
    if (reader->complaints == 0 && reader->error_capacity > 0) {
        vsnprintf(reader->error, reader->error_capacity, format, arguments);
    }
    reader->complaints += 1;
    return 1;
}

/// Warnings are about tags that nobody asks for, but while pixels are decoded they are damage that is papered over.
static int warn(TIFF *tiff, void *context, const char *module, const char *format, va_list arguments) {
    struct ctiff_reader *reader = context;
    return reader->warnings_count ? complain(tiff, context, module, format, arguments) : 1;
}

static tmsize_t take_bytes(thandle_t context, void *destination, tmsize_t wanted) {
    struct ctiff_reader *reader = context;
    const size_t left = reader->count - reader->position;
    const size_t taken = (size_t)wanted < left ? (size_t)wanted : left;
    memcpy(destination, reader->bytes + reader->position, taken);
    reader->position += taken;
    return (tmsize_t)taken;
}

static tmsize_t write_nothing(thandle_t context, void *source, tmsize_t count) {
    (void)context;
    (void)source;
    (void)count;
    return 0;
}

static toff_t seek(thandle_t context, toff_t offset, int origin) {
    struct ctiff_reader *reader = context;
    const toff_t base = origin == SEEK_CUR ? reader->position : origin == SEEK_END ? reader->count : 0;
    const toff_t place = base + offset;
    reader->position = place < reader->count ? (size_t)place : reader->count;
    return place;
}

static int close_nothing(thandle_t context) {
    (void)context;
    return 0;
}

static toff_t byte_count(thandle_t context) { return ((struct ctiff_reader *)context)->count; }

/// The whole file lies in memory; libtiff does not write to what is mapped.
static int map(thandle_t context, void **base, toff_t *count) {
    struct ctiff_reader *reader = context;
    *base = (void *)(uintptr_t)reader->bytes;
    *count = reader->count;
    return 1;
}

static void unmap(thandle_t context, void *base, toff_t count) {
    (void)context;
    (void)base;
    (void)count;
}

// MARK: the header

static int is_read_compression(uint16_t compression) {
    switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_LZW:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_ZSTD:
        return TIFFIsCODECConfigured(compression);
    // LZMA, whose decoder takes what memory a file asks for, and all that lose something.
    default:
        return 0;
    }
}

/// How pixels are numbered; -1 where they are no integers or floats that are read.
static int kind_of(uint16_t format, uint16_t bits) {
    switch (format) {
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
        return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 32 || bits == 64
                   ? CTIFF_UNSIGNED
                   : -1;
    case SAMPLEFORMAT_INT:
        return bits == 8 || bits == 16 || bits == 32 || bits == 64 ? CTIFF_SIGNED : -1;
    case SAMPLEFORMAT_IEEEFP:
        return bits == 16 || bits == 32 || bits == 64 ? CTIFF_FLOAT : -1;
    default:
        return -1;
    }
}

/// Reads the value that stands for none.
static void read_unknown(struct ctiff_reader *reader) {
    uint32_t count = 0;
    const char *text = NULL;
    if (TIFFFindField(reader->tiff, TAG_GDAL_NODATA, TIFF_ASCII) == NULL ||
        TIFFGetField(reader->tiff, TAG_GDAL_NODATA, &count, &text) != 1 || text == NULL) {
        return;
    }
    char copy[64];
    const size_t length = count < sizeof copy ? count : sizeof copy - 1;
    memcpy(copy, text, length);
    copy[length] = 0;
    char *end = copy;
    const double value = strtod(copy, &end);
    if (end != copy) {
        reader->header.has_unknown = 1;
        reader->header.unknown = value;
    }
}

/// Whether the file holds a page beside the first. Leaves libtiff at the first one.
static int check_pages(struct ctiff_reader *reader) {
    for (int directory = 0; !TIFFLastDirectory(reader->tiff); directory += 1) {
        if (directory == DIRECTORY_LIMIT || !TIFFReadDirectory(reader->tiff)) {
            return CTIFF_DAMAGED;
        }
        uint32_t type = 0;
        TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_SUBFILETYPE, &type);
        if ((type & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0) {
            return CTIFF_PAGES;
        }
    }
    return TIFFSetDirectory(reader->tiff, 0) ? CTIFF_OK : CTIFF_DAMAGED;
}

static int read_header(struct ctiff_reader *reader, uint64_t pixel_limit) {
    TIFF *tiff = reader->tiff;
    struct ctiff_header *header = &reader->header;
    uint16_t bits = 1, channels = 1, format = SAMPLEFORMAT_UINT, compression = COMPRESSION_NONE;
    uint16_t photometric = PHOTOMETRIC_MINISBLACK, orientation = ORIENTATION_TOPLEFT, extra_count = 0;
    uint16_t *extra = NULL;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &header->width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &header->height) || header->width == 0 || header->height == 0) {
        say(reader, "it has no size");
        return CTIFF_DAMAGED;
    }
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &channels);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    if (!is_read_compression(compression)) {
        return CTIFF_COMPRESSION;
    }
    if (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_RGB && photometric != PHOTOMETRIC_PALETTE &&
        photometric != PHOTOMETRIC_MASK) {
        return CTIFF_COLORS;
    }
    if (orientation != ORIENTATION_TOPLEFT) {
        return CTIFF_TURNED;
    }
    const int kind = kind_of(format, bits);
    if (kind < 0) {
        return CTIFF_NUMBERS;
    }
    if (channels == 0) {
        say(reader, "its pixels have no values");
        return CTIFF_DAMAGED;
    }
    header->channels = channels;
    for (uint16_t i = extra_count; i > 0 && extra != NULL && header->alpha + 1 < channels; i -= 1) {
        if (extra[i - 1] != EXTRASAMPLE_ASSOCALPHA && extra[i - 1] != EXTRASAMPLE_UNASSALPHA) {
            break;
        }
        header->alpha += 1;
    }
    header->bits = bits;
    header->bytes_per_value = bits < 8 ? 1 : bits / 8;
    header->kind = (enum ctiff_kind)kind;
    header->has_palette = photometric == PHOTOMETRIC_PALETTE;
    const uint64_t pixels = (uint64_t)header->width * header->height;
    if (header->width > SIDE_LIMIT || header->height > SIDE_LIMIT || pixels > pixel_limit) {
        return CTIFF_TOO_LARGE;
    }
    // A header that was damaged must not ask for memory that no file of this size could fill; nor a tile's size.
    const uint64_t limit = reader->count * (compression == COMPRESSION_NONE ? 8 : EXPANSION_LIMIT);
    const uint64_t chunk = TIFFIsTiled(tiff) ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff);
    if (chunk == 0 || chunk > limit || pixels * channels * header->bytes_per_value > limit) {
        say(reader, "it claims more pixels than its bytes can hold");
        return CTIFF_DAMAGED;
    }
    read_unknown(reader);
    return check_pages(reader);
}

int ctiff_reader_create(const uint8_t *bytes, size_t count, uint64_t pixel_limit, struct ctiff_reader **result,
                        struct ctiff_header *header, char *error, size_t error_capacity) {
    *result = NULL;
    memset(header, 0, sizeof *header);
    struct ctiff_reader *reader = calloc(1, sizeof *reader);
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (reader == NULL || options == NULL) {
        free(reader);
        TIFFOpenOptionsFree(options);
        return CTIFF_OUT_OF_MEMORY;
    }
    reader->bytes = bytes;
    reader->count = count;
    reader->error = error;
    reader->error_capacity = error_capacity;
    say(reader, "");
    // Lists of strips lie in the file, and rows of the fax decoder have a longest side.
    const uint64_t most = (1u << 22) + 32 * (uint64_t)count;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most);
    TIFFOpenOptionsSetErrorHandlerExtR(options, complain, reader);
    TIFFOpenOptionsSetWarningHandlerExtR(options, warn, reader);
    reader->tiff = TIFFClientOpenExt("", "r", reader, take_bytes, write_nothing, seek, close_nothing, byte_count, map,
                                     unmap, options);
    TIFFOpenOptionsFree(options);
    const int status = reader->tiff == NULL ? CTIFF_DAMAGED : read_header(reader, pixel_limit);
    *header = reader->header;
    if (status != CTIFF_OK) {
        ctiff_reader_destroy(reader);
        return status;
    }
    *result = reader;
    return CTIFF_OK;
}

// MARK: values

/// A strip or tile: its values, the values of its rows, and the part of the picture that it covers.
struct chunk {
    const uint8_t *bytes;
    size_t row_bytes;
    /// Of its first value, and how many channels lie beside each other.
    uint32_t row, column, channel, channels;
    uint32_t rows, columns;
};

/// Puts the values of a chunk in their places.
static void place(const struct ctiff_header *header, const struct chunk *chunk, uint8_t *values) {
    const size_t size = header->bytes_per_value;
    const size_t pixel_bytes = header->channels * size;
    const uint32_t mask = (1u << (header->bits & 7)) - 1;
    for (uint32_t row = 0; row < chunk->rows; row += 1) {
        const uint8_t *source = chunk->bytes + row * chunk->row_bytes;
        uint8_t *target = values +
                          ((size_t)(chunk->row + row) * header->width + chunk->column) * pixel_bytes +
                          chunk->channel * size;
        if (header->bits >= 8 && chunk->channels == header->channels) {
            memcpy(target, source, chunk->columns * pixel_bytes);
            continue;
        }
        for (uint32_t column = 0; column < chunk->columns; column += 1, target += pixel_bytes) {
            for (uint32_t channel = 0; channel < chunk->channels; channel += 1) {
                const size_t index = (size_t)column * chunk->channels + channel;
                if (header->bits >= 8) {
                    memcpy(target + channel * size, source + index * size, size);
                } else {
                    const size_t bit = index * header->bits;
                    target[channel] = (source[bit / 8] >> (8 - header->bits - bit % 8)) & mask;
                }
            }
        }
    }
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/// Decodes one plane's tiles; `channel` is its first.
static int decode_tiles(struct ctiff_reader *reader, uint16_t plane, uint32_t channels, uint8_t *buffer,
                        uint8_t *values) {
    const struct ctiff_header *header = &reader->header;
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(reader->tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(reader->tiff, TIFFTAG_TILELENGTH, &tile_height);
    if (tile_width == 0 || tile_height == 0) {
        return CTIFF_DAMAGED;
    }
    const tmsize_t size = TIFFTileSize(reader->tiff);
    for (uint32_t row = 0; row < header->height; row += smaller(tile_height, header->height - row)) {
        for (uint32_t column = 0; column < header->width; column += smaller(tile_width, header->width - column)) {
            const uint32_t tile = TIFFComputeTile(reader->tiff, column, row, 0, plane);
            if (TIFFReadEncodedTile(reader->tiff, tile, buffer, size) != size || reader->complaints > 0) {
                return CTIFF_DAMAGED;
            }
            const struct chunk chunk = {.bytes = buffer,
                                        .row_bytes = (size_t)TIFFTileRowSize(reader->tiff),
                                        .row = row,
                                        .column = column,
                                        .channel = plane,
                                        .channels = channels,
                                        .rows = smaller(tile_height, header->height - row),
                                        .columns = smaller(tile_width, header->width - column)};
            place(header, &chunk, values);
        }
    }
    return CTIFF_OK;
}

static int decode_strips(struct ctiff_reader *reader, uint16_t plane, uint32_t channels, uint8_t *buffer,
                         uint8_t *values) {
    const struct ctiff_header *header = &reader->header;
    uint32_t strip_height = 0;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_ROWSPERSTRIP, &strip_height);
    if (strip_height == 0) {
        return CTIFF_DAMAGED;
    }
    for (uint32_t row = 0; row < header->height; row += smaller(strip_height, header->height - row)) {
        const uint32_t rows = smaller(strip_height, header->height - row);
        const tmsize_t size = TIFFVStripSize(reader->tiff, rows);
        const uint32_t strip = TIFFComputeStrip(reader->tiff, row, plane);
        if (TIFFReadEncodedStrip(reader->tiff, strip, buffer, size) != size || reader->complaints > 0) {
            return CTIFF_DAMAGED;
        }
        const struct chunk chunk = {.bytes = buffer,
                                    .row_bytes = (size_t)TIFFScanlineSize(reader->tiff),
                                    .row = row,
                                    .channel = plane,
                                    .channels = channels,
                                    .rows = rows,
                                    .columns = header->width};
        place(header, &chunk, values);
    }
    return CTIFF_OK;
}

int ctiff_reader_decode(struct ctiff_reader *reader, uint8_t *values, char *error, size_t error_capacity) {
    reader->error = error;
    reader->error_capacity = error_capacity;
    reader->complaints = 0;
    reader->warnings_count = 1;
    say(reader, "");
    uint16_t planar = PLANARCONFIG_CONTIG;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_PLANARCONFIG, &planar);
    const int is_separate = planar == PLANARCONFIG_SEPARATE && reader->header.channels > 1;
    const int is_tiled = TIFFIsTiled(reader->tiff);
    const uint32_t channels = is_separate ? 1 : reader->header.channels;
    uint8_t *buffer = malloc((size_t)(is_tiled ? TIFFTileSize64(reader->tiff) : TIFFStripSize64(reader->tiff)));
    if (buffer == NULL) {
        return CTIFF_OUT_OF_MEMORY;
    }
    int status = CTIFF_OK;
    for (uint32_t plane = 0; plane < reader->header.channels && status == CTIFF_OK; plane += channels) {
        status = (is_tiled ? decode_tiles : decode_strips)(reader, (uint16_t)plane, channels, buffer, values);
    }
    free(buffer);
    return status;
}

void ctiff_reader_destroy(struct ctiff_reader *reader) {
    if (reader != NULL) {
        if (reader->tiff != NULL) {
            TIFFClose(reader->tiff);
        }
        free(reader);
    }
}
