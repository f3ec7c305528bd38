// The scalar reference: the contract of convolution_arguments.h, one multiplication and one addition at a time.
#include "convolution_arguments.h"

#include <stddef.h>

#include "../convolution_tables.h"

#pragma clang fp contract(off)

enum { panel_width = 4 };

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

static void convolution(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_convolution *c = arguments;
    const int32_t sample = item / c->groups / c->band_count;
    const mdl_band *band = &c->bands[item / c->groups % c->band_count];
    const int32_t first = item % c->groups * c->panels_per_group * panel_width;
    const int32_t last = smaller(first + c->panels_per_group * panel_width, c->channels);
    for (int32_t k = band->first; k < band->first + band->count; k++) {
        const mdl_region *region = &c->regions[k];
        for (int32_t row = 0; row < region->rows; row++) {
            for (int32_t column = 0; column < region->columns; column++) {
                const float *x = c->input + sample * c->input_sample + region->input + row * c->input_row +
                                 column * c->input_pixel;
                float *y = c->output + sample * c->output_sample + region->output + row * c->output_row +
                           column * c->output_pixel;
                for (int32_t channel = first; channel < last; channel++) {
                    const float *w = c->panels + channel / panel_width * c->panel_stride + channel % panel_width;
                    float sum = c->bias != NULL ? c->bias[channel] : 0.0f;
                    for (int32_t r = region->first_run; r < region->first_run + region->runs; r++) {
                        for (int32_t i = 0; i < c->runs[r].length; i++) {
                            sum += x[c->runs[r].input + i] * w[(ptrdiff_t)(c->runs[r].filter + i) * panel_width];
                        }
                    }
                    y[channel] = c->accumulate ? y[channel] + sum : sum;
                }
            }
        }
    }
}

static void pack(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_pack *a = arguments;
    const int32_t rows = a->transposed ? a->outputs : a->inputs;
    const int32_t channels = a->transposed ? a->inputs : a->outputs;
    for (int32_t place = 0; place < a->taps; place++) {
        const int32_t tap = a->transposed ? a->taps - 1 - place : place;
        for (int32_t row = 0; row < rows; row++) {
            for (int32_t lane = 0; lane < panel_width; lane++) {
                const int32_t channel = item * panel_width + lane;
                const int32_t input = a->transposed ? channel : row;
                const int32_t output = a->transposed ? row : channel;
                a->panels[item * a->panel_stride + ((ptrdiff_t)place * rows + row) * panel_width + lane] =
                    channel < channels ? a->filter[((ptrdiff_t)tap * a->inputs + input) * a->outputs + output] : 0.0f;
            }
        }
    }
}

static float gradient_of_sample(
    const mdl_filter_gradient *a, int32_t sample, const mdl_tap *tap, int32_t input, int32_t output) {
    float total = 0.0f;
    for (int32_t block = 0; block < a->output_rows; block += a->block_rows) {
        float sum = 0.0f;
        for (int32_t row = block; row < smaller(block + a->block_rows, a->output_rows); row++) {
            if (row < tap->row || row >= tap->row + tap->rows) continue;
            for (int32_t column = 0; column < tap->columns; column++) {
                const float x = a->input[sample * a->input_sample + tap->input + (row - tap->row) * a->input_row +
                                         column * a->input_pixel + input];
                const float dy = a->output_gradient[sample * a->gradient_sample + row * a->gradient_row +
                                                    (tap->column + column) * a->gradient_pixel + output];
                sum += x * dy;
            }
        }
        total = block == 0 ? sum : total + sum;
    }
    return total;
}

static void filter_gradient(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_filter_gradient *a = arguments;
    const int32_t first_input = item % a->input_groups * a->inputs_per_group;
    const int32_t first_tap = item / a->input_groups % a->tap_groups * a->taps_per_group;
    const int32_t group = a->panels_per_group * panel_width;
    const int32_t first_output = item / a->input_groups / a->tap_groups * group;
    for (int32_t tap = first_tap; tap < smaller(first_tap + a->taps_per_group, a->tap_count); tap++) {
        for (int32_t input = first_input; input < smaller(first_input + a->inputs_per_group, a->inputs); input++) {
            for (int32_t output = first_output; output < smaller(first_output + group, a->outputs); output++) {
                float partial[40];
                int32_t live = 0;
                int32_t subtree = 0;
                for (int32_t sample = 0; sample < a->fold.samples; sample++) {
                    partial[live++] = gradient_of_sample(a, sample, &a->taps[tap], input, output);
                    for (int32_t merge = 0; merge < a->fold.merges[sample]; merge++, live--) {
                        partial[live - 2] += partial[live - 1];
                    }
                    if (!a->fold.ends[sample]) continue;
                    a->filter_gradient[subtree * a->subtree_stride + ((ptrdiff_t)tap * a->inputs + input) * a->outputs +
                                       output] = partial[0];
                    live = 0;
                    subtree++;
                }
            }
        }
    }
}

static void bias_gradient(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_bias_gradient *a = arguments;
    for (int32_t channel = item * mdl_bias_channels;
         channel < smaller((item + 1) * mdl_bias_channels, a->extent.channels); channel++) {
        float partial[40];
        int32_t live = 0;
        int32_t subtree = 0;
        for (int32_t sample = 0; sample < a->fold.samples; sample++) {
            double sum = 0;
            for (int32_t row = 0; row < a->extent.height; row++) {
                for (int32_t column = 0; column < a->extent.width; column++) {
                    sum += (double)a->output_gradient.data[sample * a->output_gradient.sample +
                                                           row * a->output_gradient.row +
                                                           column * a->output_gradient.pixel + channel];
                }
            }
            partial[live++] = (float)sum;
            for (int32_t merge = 0; merge < a->fold.merges[sample]; merge++, live--) {
                partial[live - 2] += partial[live - 1];
            }
            if (!a->fold.ends[sample]) continue;
            a->bias_gradient[subtree * a->subtree_stride + channel] = partial[0];
            live = 0;
            subtree++;
        }
    }
}

static void peak(const void *arguments, int32_t item, int32_t worker) {
    (void)item;
    (void)worker;
    volatile float sum = 0;
    for (int64_t round = 0; round < *(const int64_t *)arguments; round++) sum = sum * 0.999f + 0.001f;
}

static const mdl_convolution_kernels kernels = {
    .panel_width = panel_width,
    .convolution = convolution,
    .pack = pack,
    .filter_gradient = filter_gradient,
    .bias_gradient = bias_gradient,
    .peak = peak,
    .flop_per_round = 2,
};

const mdl_convolution_kernels *mdl_convolution_kernels_scalar(void) { return &kernels; }
