#include "blas_convolution.h"

#include "products.h"

#include <string.h>

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

// Whether a pixel of the input is a row of patches as it lies.
static int is_plain(const mdl_blas_convolution *a) { return a->size == 1 && a->stride == 1 && a->padding == 0; }

static int32_t patch(const mdl_blas_convolution *a) { return a->size * a->size * a->input_extent.channels; }

// The pixel of the input that one tap meets at one output; NULL in the padding.
static float *tap_at(const mdl_blas_convolution *a, int32_t sample, int32_t row, int32_t column, int32_t tap) {
    const int32_t y = row * a->stride - a->padding + tap / a->size * a->dilation;
    const int32_t x = column * a->stride - a->padding + tap % a->size * a->dilation;
    if (y < 0 || y >= a->input_extent.height || x < 0 || x >= a->input_extent.width) return NULL;
    return a->input.data + sample * a->input.sample + y * a->input.row + x * a->input.pixel;
}

// The rows [first, first + rows) of outputs as patches; `step` becomes the floats from one to the next.
static const float *gathered(
    const mdl_blas_convolution *a, int32_t sample, int32_t first, int32_t rows, float *to, int32_t *step) {
    if (is_plain(a)) {
        *step = (int32_t)a->input.pixel;
        return a->input.data + sample * a->input.sample + first * a->input.row;
    }
    *step = patch(a);
    const size_t bytes = (size_t)a->input_extent.channels * sizeof(float);
    float *place = to;
    for (int32_t pixel = 0; pixel < rows * a->output_extent.width; pixel++) {
        for (int32_t tap = 0; tap < a->size * a->size; tap++, place += a->input_extent.channels) {
            const float *from = tap_at(
                a, sample, first + pixel / a->output_extent.width, pixel % a->output_extent.width, tap);
            if (from != NULL) memcpy(place, from, bytes);
            else memset(place, 0, bytes);
        }
    }
    return to;
}

void mdl_blas_forward(const void *arguments, int32_t item, int32_t worker) {
    const mdl_blas_convolution *a = arguments;
    const int32_t sample = item / a->bands, first = item % a->bands * a->band_rows;
    const int32_t rows = smaller(a->band_rows, a->output_extent.height - first);
    const int32_t pixels = rows * a->output_extent.width, outputs = a->output_extent.channels;
    int32_t step;
    const float *patches = gathered(a, sample, first, rows, a->scratch + worker * a->scratch_stride, &step);
    float *output = a->output.data + sample * a->output.sample + first * a->output.row;
    if (a->bias != NULL) {
        for (int32_t pixel = 0; pixel < pixels; pixel++) {
            memcpy(output + pixel * a->output.pixel, a->bias, (size_t)outputs * sizeof(float));
        }
    }
    mdl_openblas_sgemm(
        mdl_row_major, mdl_as_is, mdl_as_is, pixels, outputs, patch(a), 1, patches, step, a->filter, outputs,
        a->bias != NULL ? 1 : 0, output, (int)a->output.pixel);
}

void mdl_blas_backward_to_data(const void *arguments, int32_t item, int32_t worker) {
    const mdl_blas_convolution *a = arguments;
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    float *scratch = a->scratch + worker * a->scratch_stride;
    if (!is_plain(a) && !a->accumulate) {
        for (int32_t row = 0; row < a->input_extent.height; row++) {
            float *to = a->input.data + item * a->input.sample + row * a->input.row;
            for (int32_t column = 0; column < a->input_extent.width; column++, to += a->input.pixel) {
                memset(to, 0, (size_t)inputs * sizeof(float));
            }
        }
    }
    for (int32_t first = 0; first < a->output_extent.height; first += a->band_rows) {
        const int32_t rows = smaller(a->band_rows, a->output_extent.height - first);
        const int32_t pixels = rows * a->output_extent.width;
        const float *gradient = a->output.data + item * a->output.sample + first * a->output.row;
        if (is_plain(a)) {
            mdl_openblas_sgemm(
                mdl_row_major, mdl_as_is, mdl_transposed, pixels, inputs, outputs, 1, gradient, (int)a->output.pixel,
                a->filter, outputs, a->accumulate ? 1 : 0,
                a->input.data + item * a->input.sample + first * a->input.row, (int)a->input.pixel);
            continue;
        }
        mdl_openblas_sgemm(
            mdl_row_major, mdl_as_is, mdl_transposed, pixels, patch(a), outputs, 1, gradient, (int)a->output.pixel,
            a->filter, outputs, 0, scratch, patch(a));
        const float *from = scratch;
        for (int32_t pixel = 0; pixel < pixels; pixel++) {
            for (int32_t tap = 0; tap < a->size * a->size; tap++, from += inputs) {
                float *to = tap_at(
                    a, item, first + pixel / a->output_extent.width, pixel % a->output_extent.width, tap);
                for (int32_t input = 0; to != NULL && input < inputs; input++) to[input] += from[input];
            }
        }
    }
}

void mdl_blas_backward_to_filter(const void *arguments, int32_t item, int32_t worker) {
    const mdl_blas_convolution *a = arguments;
    const int32_t channel = item * mdl_blas_outputs_per_item, outputs = a->output_extent.channels;
    const int32_t columns = smaller(mdl_blas_outputs_per_item, outputs - channel);
    const ptrdiff_t size = (ptrdiff_t)patch(a) * columns;
    float *patches = a->scratch + worker * a->scratch_stride;
    float *partials = patches;
    if (!is_plain(a)) partials += (ptrdiff_t)a->band_rows * a->output_extent.width * patch(a);
    int32_t live = 0, subtree = 0;
    for (int32_t sample = 0; sample < a->fold.samples; sample++) {
        for (int32_t first = 0; first < a->output_extent.height; first += a->band_rows) {
            const int32_t rows = smaller(a->band_rows, a->output_extent.height - first);
            int32_t step;
            const float *from = gathered(a, sample, first, rows, patches, &step);
            mdl_openblas_sgemm(
                mdl_row_major, mdl_transposed, mdl_as_is, patch(a), columns, rows * a->output_extent.width, 1, from,
                step, a->output.data + sample * a->output.sample + first * a->output.row + channel,
                (int)a->output.pixel, first > 0 ? 1 : 0, partials + live * size, columns);
        }
        live++;
        for (int32_t merge = 0; merge < a->fold.merges[sample]; merge++, live--) {
            float *left = partials + (live - 2) * size;
            for (ptrdiff_t i = 0; i < size; i++) left[i] += left[size + i];
        }
        if (!a->fold.ends[sample]) continue;
        float *to = a->filter_gradient + subtree * a->subtree_stride + channel;
        for (int32_t row = 0; row < patch(a); row++) {
            memcpy(to + (ptrdiff_t)row * outputs, partials + (ptrdiff_t)row * columns, (size_t)columns * sizeof(float));
        }
        live = 0;
        subtree++;
    }
}
