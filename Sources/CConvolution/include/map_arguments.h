// Passes over activations that have no parameters: addition, ReLU, copies, pooling, resizing, unit length.
// Every item is a chunk of rows of one sample of the tensor that the kernel writes, unless it says otherwise.
#pragma once

#include "kernel_arguments.h"

// y = relu(a + b) with `relu`, or a + b; b.data may be NULL (then a alone). `mask` as in mdl_normalize, may be NULL.
// y may be a or b. Serves as copy and as the gradient's accumulation (y = y + b).
typedef struct mdl_add {
    mdl_view a;
    mdl_view b;
    mdl_view y;
    mdl_extent extent;
    mdl_rows rows;
    int32_t relu;
    uint16_t *mask;
} mdl_add;

// dx = dy where the mask's bit is set, else 0; added to dx where `accumulate` is set. dx may be dy.
typedef struct mdl_relu_backward {
    mdl_view dy;
    mdl_view dx;
    mdl_extent extent;
    mdl_rows rows;
    const uint16_t *mask;
    int32_t accumulate;
} mdl_relu_backward;

// Maximum over size x size windows; padding never wins; the first (row-major) of equal values wins, NaN wins over all.
// `choice` [sample][output row][output column][channel] keeps the window's position (row * size + column) of the
// winner; NULL in evaluation.
typedef struct mdl_max_pool {
    mdl_view x;
    mdl_view y;
    mdl_extent input;
    mdl_extent output;
    mdl_rows rows;  // of the output
    int32_t size;
    int32_t stride;
    int32_t padding;
    uint8_t *choice;
} mdl_max_pool;

// dx(pixel) = sum of dy over the windows that chose the pixel, in row-major order of the windows; stored or added.
typedef struct mdl_max_pool_backward {
    mdl_view dy;
    mdl_view dx;
    mdl_extent input;
    mdl_extent output;
    mdl_rows rows;  // of the input
    int32_t size;
    int32_t stride;
    int32_t padding;
    const uint8_t *choice;
    int32_t accumulate;
} mdl_max_pool_backward;

// y[sample][0][0][channel] = mean of x over the pixels: rows summed in double in pixel order, then divided.
// Item = sample * ceil(channels / mdl_channels_per_item) + group of channels.
typedef struct mdl_global_average_pool {
    mdl_view x;
    mdl_view y;
    mdl_extent extent;
} mdl_global_average_pool;

// dx = dy / (height * width) at every pixel; stored or added.
typedef struct mdl_global_average_pool_backward {
    mdl_view dy;
    mdl_view dx;
    mdl_extent extent;
    mdl_rows rows;
    int32_t accumulate;
} mdl_global_average_pool_backward;

// One axis of a bilinear resize with half-pixel centres: the source position of output i is
// max(0, (i + 0.5) * inputs / outputs - 0.5); output i = x[low] * (1 - weight) + x[min(low + 1, inputs - 1)] * weight.
typedef struct mdl_resize_tap {
    int32_t low;
    float weight;
} mdl_resize_tap;

// y = vertical interpolation of the two horizontally interpolated rows.
typedef struct mdl_resize {
    mdl_view x;
    mdl_view y;
    mdl_extent input;
    mdl_extent output;
    mdl_rows rows;  // of the output
    const mdl_resize_tap *vertical;    // one per output row
    const mdl_resize_tap *horizontal;  // one per output column
} mdl_resize;

// The transpose of one axis of mdl_resize: input i receives from the outputs [first, first + count) with
// weights[offset ... offset + count).
typedef struct mdl_resize_source {
    int32_t first;
    int32_t count;
    int32_t offset;
} mdl_resize_source;

// dx = sum over outputs: first over rows into `scratch` (one output-wide row of floats per worker), in order, then
// over columns, in order; stored or added.
typedef struct mdl_resize_backward {
    mdl_view dy;
    mdl_view dx;
    mdl_extent input;
    mdl_extent output;
    mdl_rows rows;  // of the input
    const mdl_resize_source *vertical;    // one per input row
    const mdl_resize_source *horizontal;  // one per input column
    const float *vertical_weights;
    const float *horizontal_weights;
    float *scratch;             // per worker: output.width * channels floats
    ptrdiff_t scratch_stride;   // floats
    int32_t accumulate;
} mdl_resize_backward;

// y = x / max(|x|, epsilon) over the channels of each pixel; the length is formed in double in channel order.
typedef struct mdl_unit_length {
    mdl_view x;
    mdl_view y;
    mdl_extent extent;
    mdl_rows rows;
    double epsilon;
} mdl_unit_length;

// dx = (dy - y (y . dy)) / max(|x|, epsilon), with y = x / max(|x|, epsilon); where |x| < epsilon: dy / epsilon.
// Stored or added.
typedef struct mdl_unit_length_backward {
    mdl_view x;
    mdl_view dy;
    mdl_view dx;
    mdl_extent extent;
    mdl_rows rows;
    double epsilon;
    int32_t accumulate;
} mdl_unit_length_backward;
