// Direct convolution over channels-last activations.
//
// One form serves the forward pass and the pass back to the data, whatever the stride and the dilation: outputs are
// cut into rectangular regions in which the same filter taps meet real pixels, so padding is never read and never
// multiplied. Per output element the products are added to `bias` (or 0) with fused multiply-add where the
// instruction set has it, in the order of the runs, and inside a run in the order of its inputs.
#pragma once

#include "isa.h"
#include "kernel_arguments.h"

// Consecutive floats of the input that meet consecutive rows of the packed filter.
typedef struct mdl_run {
    ptrdiff_t input;   // floats from the pixel's base
    int32_t filter;    // first row in the panel
    int32_t length;
} mdl_run;

// rows x columns outputs that share their runs. `input` and `output` are floats from the sample's base.
typedef struct mdl_region {
    ptrdiff_t input;
    ptrdiff_t output;
    int32_t rows;
    int32_t columns;
    int32_t first_run;
    int32_t runs;
} mdl_region;

// Regions [first, first + count) are computed by one item.
typedef struct mdl_band {
    int32_t first;
    int32_t count;
} mdl_band;

// Item = (sample * bands + band) * groups + group; a group is `panels_per_group` panels of output channels.
typedef struct mdl_convolution {
    const float *input;
    ptrdiff_t input_sample;
    ptrdiff_t input_row;     // floats from one output row's base to the next's
    ptrdiff_t input_pixel;
    float *output;
    ptrdiff_t output_sample;
    ptrdiff_t output_row;
    ptrdiff_t output_pixel;
    const float *panels;     // [panel][row][panel width], see mdl_pack
    ptrdiff_t panel_stride;  // floats
    const float *bias;       // one per output channel, or NULL
    const mdl_region *regions;
    const mdl_run *runs;
    const mdl_band *bands;
    int32_t band_count;
    int32_t groups;
    int32_t panels_per_group;
    int32_t channels;        // of the output
    int32_t accumulate;      // add to the output instead of storing
} mdl_convolution;

// Packs a filter that lies as [tap][input channel][output channel].
// Forward (`transposed` 0): panel p, row tap * inputs + input holds output channels [p * width, …).
// Transposed: panel p, row (taps - 1 - tap) * outputs + output holds input channels [p * width, …): the taps are
// reversed, so that neighbouring taps of a stride-1 pass back to the data read ascending addresses.
// What a panel has beyond the channels is 0. Items are panels.
typedef struct mdl_pack {
    const float *filter;
    float *panels;
    ptrdiff_t panel_stride;
    int32_t taps;
    int32_t inputs;
    int32_t outputs;
    int32_t transposed;
} mdl_pack;

// The outputs [row, row + rows) x [column, column + columns) at which one tap meets real pixels; `input` is the floats
// from the input sample's base to what output (row, column) reads there.
typedef struct mdl_tap {
    ptrdiff_t input;
    int32_t row;
    int32_t rows;
    int32_t column;
    int32_t columns;
} mdl_tap;

// Gradient of a filter [tap][input channel][output channel].
// Per sample: within blocks of `block_rows` output rows, products are added in pixel order from 0; the blocks are
// added in order. Samples are folded along the tree; every subtree's sum goes to gradient + subtree * subtree_stride.
// Item = (panel group * tap_groups + tap group) * input_groups + input group: `taps_per_group` taps and
// `inputs_per_group` input channels of `panels_per_group` panels of output channels.
typedef struct mdl_filter_gradient {
    const float *input;
    ptrdiff_t input_sample;
    ptrdiff_t input_row;
    ptrdiff_t input_pixel;
    const float *output_gradient;
    ptrdiff_t gradient_sample;
    ptrdiff_t gradient_row;
    ptrdiff_t gradient_pixel;
    float *filter_gradient;
    ptrdiff_t subtree_stride;
    const mdl_tap *taps;
    int32_t tap_count;
    int32_t output_rows;
    int32_t output_columns;
    int32_t block_rows;
    int32_t inputs;
    int32_t outputs;
    int32_t panels_per_group;
    int32_t tap_groups;
    int32_t taps_per_group;
    int32_t input_groups;
    int32_t inputs_per_group;
    mdl_fold fold;
    // Per worker: block_rows * output_columns panels' pixels, then fold.levels partials of panels_per_group *
    // taps_per_group * inputs_per_group * panel width floats.
    float *scratch;
    ptrdiff_t scratch_stride;
} mdl_filter_gradient;

// Gradient of a bias: per sample the output gradients of a channel are added in double in pixel order and rounded to
// float32, because ranks exchange float32; samples are folded along the tree. Items are groups of mdl_bias_channels channels. bias_gradient + subtree * subtree_stride.
enum { mdl_bias_channels = 16 };
typedef struct mdl_bias_gradient {
    mdl_view output_gradient;
    mdl_extent extent;
    float *bias_gradient;
    ptrdiff_t subtree_stride;
    mdl_fold fold;
} mdl_bias_gradient;

// The kernels of one instruction set.
typedef struct mdl_convolution_kernels {
    int32_t panel_width;
    mdl_kernel convolution;
    mdl_kernel pack;
    mdl_kernel filter_gradient;
    mdl_kernel bias_gradient;
    // Runs a chain of independent fused multiply-adds on `arguments` (an int64_t count of rounds) and stores nothing
    // that matters: the machine's peak is flop_per_round * rounds / seconds.
    mdl_kernel peak;
    int64_t flop_per_round;
} mdl_convolution_kernels;

// NULL where the machine lacks the instruction set.
const mdl_convolution_kernels *mdl_convolution_kernels_for(mdl_isa isa);
