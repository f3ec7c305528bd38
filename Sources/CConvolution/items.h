// Which pixels a work item covers.
#pragma once

#include "kernel_arguments.h"

// Rows [first, end) of one sample.
typedef struct mdl_item_rows {
    int32_t sample;
    int32_t first;
    int32_t end;
} mdl_item_rows;

static inline mdl_item_rows mdl_rows_of_item(int32_t item, mdl_rows rows, int32_t height) {
    int32_t first = item % rows.chunks * rows.rows;
    int32_t end = first + rows.rows;
    return (mdl_item_rows){item / rows.chunks, first, end < height ? end : height};
}

static inline float *mdl_row(mdl_view view, int32_t sample, int32_t row) {
    return view.data + sample * view.sample + row * view.row;
}

// The channels [first, end) of an item that is a group of mdl_channels_per_item channels.
typedef struct mdl_item_channels {
    int32_t first;
    int32_t end;
} mdl_item_channels;

static inline mdl_item_channels mdl_channels_of_item(int32_t item, int32_t per_item, int32_t channels) {
    int32_t first = item * per_item;
    return (mdl_item_channels){first, first + per_item < channels ? first + per_item : channels};
}

// What label smoothing adds to the cross-entropy of a pixel with the given logits: smoothing * (its own logit - their mean).
static inline double mdl_smoothing_distance(const float *logits, int32_t channels, int32_t own, double smoothing) {
    double sum = 0;
    for (int32_t channel = 0; channel < channels; channel++) { sum += logits[channel]; }
    return smoothing * (logits[own] - sum / channels);
}
