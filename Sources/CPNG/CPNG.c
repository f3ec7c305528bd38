#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What libpng's callbacks share with the function that runs.
struct context {
    jmp_buf escape;
    char *error;
    size_t error_capacity;
};

static void say(char *error, size_t capacity, const char *text) {
    if (capacity > 0) {
        snprintf(error, capacity, "%s", text);
    }
}

static void fail(png_structp png, png_const_charp message) {
    struct context *context = png_get_error_ptr(png);
    say(context->error, context->error_capacity, message);
    longjmp(context->escape, 1);
}

/// Warnings are about ancillary chunks; pixels that cannot be trusted are errors.
static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

// MARK: reading

struct cpng_reader {
    struct context context;
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t count;
    size_t position;
    int passes;
};

static void take_bytes(png_structp png, png_bytep destination, size_t wanted) {
    struct cpng_reader *reader = png_get_io_ptr(png);
    if (wanted > reader->count - reader->position) {
        png_error(png, "the file ends too early");
    }
    memcpy(destination, reader->bytes + reader->position, wanted);
    reader->position += wanted;
}

/// Asks libpng for the layout of `output` and writes down what will come out.
static void choose_output(struct cpng_reader *reader, enum cpng_output output, struct cpng_header *header) {
    png_structp png = reader->png;
    png_infop info = reader->info;
    const int color_type = png_get_color_type(png, info);
    const int bit_depth = png_get_bit_depth(png, info);

    png_colorp palette = NULL;
    int palette_count = 0;
    if (png_get_PLTE(png, info, &palette, &palette_count) != 0 && color_type == PNG_COLOR_TYPE_PALETTE) {
        header->palette_count = (uint32_t)palette_count;
        for (int i = 0; i < palette_count && i < 256; i += 1) {
            header->palette[3 * i] = palette[i].red;
            header->palette[3 * i + 1] = palette[i].green;
            header->palette[3 * i + 2] = palette[i].blue;
        }
    }
    if (color_type == PNG_COLOR_TYPE_PALETTE && output == CPNG_INDICES) {
        png_set_packing(png);
    } else if (color_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(png);
    } else if (bit_depth < 8) {
        png_set_expand_gray_1_2_4_to_8(png);
    }
    png_set_strip_alpha(png);
    if (bit_depth == 16 && output == CPNG_WIDE) {
        const uint16_t one = 1;
        if (*(const uint8_t *)&one == 1) {
            png_set_swap(png);
        }
    } else if (bit_depth == 16) {
        png_set_scale_16(png);
    }
    reader->passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    header->channels = png_get_channels(png, info);
    header->bytes_per_value = png_get_bit_depth(png, info) / 8;
}

int cpng_reader_create(const uint8_t *bytes, size_t count, enum cpng_output output, uint64_t pixel_limit,
                       struct cpng_reader **result, struct cpng_header *header, char *error, size_t error_capacity) {
    *result = NULL;
    memset(header, 0, sizeof *header);
    say(error, error_capacity, "");
    struct cpng_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return CPNG_OUT_OF_MEMORY;
    }
    reader->context.error = error;
    reader->context.error_capacity = error_capacity;
    reader->bytes = bytes;
    reader->count = count;
    // libpng itself may fail inside png_create_read_struct, so the way out must exist before it.
    if (setjmp(reader->context.escape) != 0) {
        cpng_reader_destroy(reader);
        return CPNG_DAMAGED;
    }
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader->context, fail, ignore);
    if (reader->png == NULL) {
        cpng_reader_destroy(reader);
        return CPNG_OUT_OF_MEMORY;
    }
    reader->info = png_create_info_struct(reader->png);
    if (reader->info == NULL) {
        cpng_reader_destroy(reader);
        return CPNG_OUT_OF_MEMORY;
    }
    // The limit is on the area, checked below; libpng's own is on the sides.
    png_set_user_limits(reader->png, 0x7fffffff, 0x7fffffff);
    // Text and profiles are not wanted: a small file must not unpack to much memory through them.
    png_set_chunk_malloc_max(reader->png, 1 << 20);
    png_set_chunk_cache_max(reader->png, 64);
    png_set_read_fn(reader->png, reader, take_bytes);
    png_read_info(reader->png, reader->info);
    header->width = png_get_image_width(reader->png, reader->info);
    header->height = png_get_image_height(reader->png, reader->info);
    if ((uint64_t)header->width * header->height > pixel_limit) {
        cpng_reader_destroy(reader);
        return CPNG_TOO_LARGE;
    }
    // A byte of deflate's stands for at most 1032, and every row has a byte for its filter: a header that was damaged
    // must not ask for memory that no file of this size could fill.
    const uint64_t bits =
        (uint64_t)png_get_channels(reader->png, reader->info) * png_get_bit_depth(reader->png, reader->info);
    if ((uint64_t)header->width * header->height * bits / 8 + header->height > 1032 * (uint64_t)count) {
        say(error, error_capacity, "it claims more pixels than its bytes can hold");
        cpng_reader_destroy(reader);
        return CPNG_DAMAGED;
    }
    choose_output(reader, output, header);
    *result = reader;
    return CPNG_OK;
}

int cpng_reader_decode(struct cpng_reader *reader, uint8_t *pixels, char *error, size_t error_capacity) {
    reader->context.error = error;
    reader->context.error_capacity = error_capacity;
    say(error, error_capacity, "");
    if (setjmp(reader->context.escape) != 0) {
        return CPNG_DAMAGED;
    }
    const size_t row_bytes = png_get_rowbytes(reader->png, reader->info);
    const uint32_t height = png_get_image_height(reader->png, reader->info);
    for (int pass = 0; pass < reader->passes; pass += 1) {
        for (uint32_t row = 0; row < height; row += 1) {
            png_read_row(reader->png, pixels + row * row_bytes, NULL);
        }
    }
    // The end of the file holds the last checksums: a file that was cut must not pass.
    png_read_end(reader->png, NULL);
    return CPNG_OK;
}

void cpng_reader_destroy(struct cpng_reader *reader) {
    if (reader != NULL) {
        if (reader->png != NULL) {
            png_destroy_read_struct(&reader->png, &reader->info, NULL);
        }
        free(reader);
    }
}

// MARK: writing

struct cpng_writer {
    struct context context;
    png_structp png;
    png_infop info;
    size_t row_bytes;
    uint8_t *bytes;
    size_t count;
    size_t capacity;
};

static void append_bytes(png_structp png, png_bytep source, size_t count) {
    struct cpng_writer *writer = png_get_io_ptr(png);
    if (count > writer->capacity - writer->count) {
        size_t capacity = writer->capacity < 4096 ? 4096 : writer->capacity * 2;
        if (capacity < writer->count + count) {
            capacity = writer->count + count;
        }
        uint8_t *grown = realloc(writer->bytes, capacity);
        if (grown == NULL) {
            png_error(png, "out of memory");
        }
        writer->bytes = grown;
        writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->count, source, count);
    writer->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

static void write_header(struct cpng_writer *writer, enum cpng_layout layout, uint32_t width, uint32_t height,
                         const uint8_t *palette, uint32_t palette_count) {
    png_structp png = writer->png;
    static const int color_types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_PALETTE,
                                      PNG_COLOR_TYPE_GRAY};
    writer->row_bytes = (size_t)width * (layout == CPNG_RGB ? 3 : layout == CPNG_GREY16 ? 2 : 1);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_write_fn(png, writer, append_bytes, flush_nothing);
    png_set_IHDR(png, writer->info, width, height, layout == CPNG_GREY16 ? 16 : 8, color_types[layout],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (layout == CPNG_PALETTE) {
        png_color colors[256];
        for (uint32_t i = 0; i < palette_count && i < 256; i += 1) {
            colors[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
        }
        png_set_PLTE(png, writer->info, colors, (int)palette_count);
    }
    // Said here so that another default of libpng changes no file.
    png_set_compression_level(png, 6);
    png_set_filter(png, 0, layout == CPNG_PALETTE ? PNG_FILTER_NONE : PNG_ALL_FILTERS);
    png_write_info(png, writer->info);
    const uint16_t one = 1;
    if (layout == CPNG_GREY16 && *(const uint8_t *)&one == 1) {
        png_set_swap(png);
    }
}

int cpng_writer_create(enum cpng_layout layout, uint32_t width, uint32_t height, const uint8_t *palette,
                       uint32_t palette_count, struct cpng_writer **result, char *error, size_t error_capacity) {
    *result = NULL;
    say(error, error_capacity, "");
    struct cpng_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return CPNG_OUT_OF_MEMORY;
    }
    writer->context.error = error;
    writer->context.error_capacity = error_capacity;
    if (setjmp(writer->context.escape) != 0) {
        cpng_writer_destroy(writer);
        return CPNG_DAMAGED;
    }
    writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer->context, fail, ignore);
    if (writer->png != NULL) {
        writer->info = png_create_info_struct(writer->png);
    }
    if (writer->info == NULL) {
        cpng_writer_destroy(writer);
        return CPNG_OUT_OF_MEMORY;
    }
    write_header(writer, layout, width, height, palette, palette_count);
    *result = writer;
    return CPNG_OK;
}

int cpng_writer_rows(struct cpng_writer *writer, const void *pixels, uint32_t rows, int is_end, const uint8_t **encoded,
                     size_t *encoded_count, char *error, size_t error_capacity) {
    writer->context.error = error;
    writer->context.error_capacity = error_capacity;
    say(error, error_capacity, "");
    if (setjmp(writer->context.escape) != 0) {
        return CPNG_DAMAGED;
    }
    for (uint32_t row = 0; row < rows; row += 1) {
        png_write_row(writer->png, (const uint8_t *)pixels + row * writer->row_bytes);
    }
    if (is_end) {
        png_write_end(writer->png, NULL);
    }
    *encoded = writer->bytes;
    *encoded_count = writer->count;
    writer->count = 0;
    return CPNG_OK;
}

void cpng_writer_destroy(struct cpng_writer *writer) {
    if (writer != NULL) {
        if (writer->png != NULL) {
            png_destroy_write_struct(&writer->png, &writer->info);
        }
        free(writer->bytes);
        free(writer);
    }
}
