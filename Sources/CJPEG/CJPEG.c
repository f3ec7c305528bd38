#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// jpeglib.h needs stdio.h and stddef.h before it.
#include <jerror.h>
#include <jpeglib.h>

/// A progressive file of a few kilobytes can ask for thousands of passes over a large picture; no encoder writes
/// more than some tens.
enum { SCAN_LIMIT = 500 };

struct cjpeg_reader {
    struct jpeg_decompress_struct decompressor;
    struct jpeg_error_mgr handler;
    struct jpeg_progress_mgr progress;
    /// A row of four components; NULL where there are fewer.
    uint8_t *inks;
    jmp_buf escape;
    char *error;
    size_t error_capacity;
};

static void say(char *error, size_t capacity, const char *text) {
    if (capacity > 0) {
        snprintf(error, capacity, "%s", text);
    }
}

static void fail(j_common_ptr common) {
    struct cjpeg_reader *reader = common->client_data;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    say(reader->error, reader->error_capacity, text);
    longjmp(reader->escape, 1);
}

/// Level -1 is damage that libjpeg papers over; anything else is chatter.
static void judge_message(j_common_ptr common, int level) {
    if (level >= 0) {
        return;
    }
    switch (common->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:  // bytes between segments, as some cameras write them: the pixels are whole
    case JWRN_ADOBE_XFORM:      // an unknown colour transform in a marker: the usual one is taken
        return;
    default:
        fail(common);
    }
}

static void print_nothing(j_common_ptr common) { (void)common; }

static void limit_scans(j_common_ptr common) {
    struct cjpeg_reader *reader = common->client_data;
    if (reader->decompressor.input_scan_number > SCAN_LIMIT) {
        say(reader->error, reader->error_capacity, "it has more scans than any encoder writes");
        longjmp(reader->escape, 1);
    }
}

int cjpeg_reader_create(const uint8_t *bytes, size_t count, uint64_t pixel_limit, struct cjpeg_reader **result,
                        struct cjpeg_header *header, char *error, size_t error_capacity) {
    *result = NULL;
    memset(header, 0, sizeof *header);
    say(error, error_capacity, "");
    struct cjpeg_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return CJPEG_OUT_OF_MEMORY;
    }
    reader->error = error;
    reader->error_capacity = error_capacity;
    struct jpeg_decompress_struct *decompressor = &reader->decompressor;
    decompressor->err = jpeg_std_error(&reader->handler);
    decompressor->client_data = reader;
    reader->handler.error_exit = fail;
    reader->handler.emit_message = judge_message;
    reader->handler.output_message = print_nothing;
    reader->progress.progress_monitor = limit_scans;
    if (setjmp(reader->escape) != 0) {
        cjpeg_reader_destroy(reader);
        return CJPEG_DAMAGED;
    }
    jpeg_create_decompress(decompressor);
    // jpeg_create_decompress keeps err and client_data and clears the rest.
    decompressor->progress = &reader->progress;
    jpeg_mem_src(decompressor, bytes, (unsigned long)count);
    jpeg_read_header(decompressor, TRUE);
    header->width = decompressor->image_width;
    header->height = decompressor->image_height;
    int status = CJPEG_OK;
    if ((uint64_t)header->width * header->height > pixel_limit) {
        status = CJPEG_TOO_LARGE;
    } else if ((uint64_t)header->width * header->height > 512 * (uint64_t)count) {
        // Every block of 64 pixels takes at least one bit: a header that was damaged must not ask for memory that no
        // file of this size could fill.
        say(error, error_capacity, "it claims more pixels than its bytes can hold");
        status = CJPEG_DAMAGED;
    } else if (decompressor->num_components == 4) {
        reader->inks = malloc(4 * (size_t)header->width);
        status = reader->inks == NULL ? CJPEG_OUT_OF_MEMORY : CJPEG_OK;
    }
    if (status != CJPEG_OK) {
        cjpeg_reader_destroy(reader);
        return status;
    }
    decompressor->out_color_space =
        reader->inks != NULL ? JCS_CMYK : decompressor->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    decompressor->dct_method = JDCT_ISLOW;
    decompressor->do_fancy_upsampling = TRUE;
    header->channels = decompressor->num_components == 1 ? 1 : 3;
    *result = reader;
    return CJPEG_OK;
}

/// What inks leave of the light becomes colours: each is what black leaves, less the share that its ink takes of it.
static void mix_inks(const uint8_t *inks, uint8_t *colors, size_t width) {
    for (size_t pixel = 0; pixel < width; pixel++) {
        const uint32_t black = inks[4 * pixel + 3];
        for (size_t channel = 0; channel < 3; channel++) {
            // product / 255, rounded to nearest.
            const uint32_t product = (255 - inks[4 * pixel + channel]) * black + 128;
            colors[3 * pixel + channel] = (uint8_t)(black - ((product + (product >> 8)) >> 8));
        }
    }
}

int cjpeg_reader_decode(struct cjpeg_reader *reader, uint8_t *pixels, char *error, size_t error_capacity) {
    reader->error = error;
    reader->error_capacity = error_capacity;
    say(error, error_capacity, "");
    if (setjmp(reader->escape) != 0) {
        return CJPEG_DAMAGED;
    }
    struct jpeg_decompress_struct *decompressor = &reader->decompressor;
    jpeg_start_decompress(decompressor);
    const size_t width = decompressor->output_width;
    const size_t row_bytes = width * (reader->inks != NULL ? 3 : (size_t)decompressor->output_components);
    while (decompressor->output_scanline < decompressor->output_height) {
        uint8_t *colors = pixels + decompressor->output_scanline * row_bytes;
        JSAMPROW row = reader->inks != NULL ? reader->inks : colors;
        jpeg_read_scanlines(decompressor, &row, 1);
        if (reader->inks != NULL) {
            mix_inks(reader->inks, colors, width);
        }
    }
    jpeg_finish_decompress(decompressor);
    return CJPEG_OK;
}

void cjpeg_reader_destroy(struct cjpeg_reader *reader) {
    if (reader != NULL) {
        jpeg_destroy_decompress(&reader->decompressor);
        free(reader->inks);
        free(reader);
    }
}
