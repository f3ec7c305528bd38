// What every kernel is told: where its tensors lie and how its work is cut into items.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Computes piece `item`; see thread_pool.h, whose type this is.
typedef void (*mdl_kernel)(const void *arguments, int32_t item, int32_t worker);

// A float32 activation tensor of `samples` x `height` x `width` x `channels`. Channels are contiguous; the other
// strides count floats, so that a view may be a slice of the channels of a wider tensor.
typedef struct mdl_view {
    float *data;
    ptrdiff_t sample;
    ptrdiff_t row;
    ptrdiff_t pixel;
} mdl_view;

// The size of one sample of a view.
typedef struct mdl_extent {
    int32_t height;
    int32_t width;
    int32_t channels;
} mdl_extent;

// How a pass over pixels is cut: item = sample * chunks + chunk, chunk = rows [chunk * rows, …) of the sample.
// Partial sums are formed per chunk, so `rows` follows from one sample's extent alone.
typedef struct mdl_rows {
    int32_t rows;
    int32_t chunks;
} mdl_rows;

// The fixed binary tree over samples, as the order in which one thread folds them: push the partial of sample i,
// then merge the two topmost partials `merges[i]` times. Where `ends[i]` is not 0, the one partial that is left is a
// maximal subtree of the shard, and is written out. At most `levels` partials live at a time.
typedef struct mdl_fold {
    const uint8_t *merges;
    const uint8_t *ends;
    int32_t samples;
    int32_t subtrees;
    int32_t levels;
} mdl_fold;
