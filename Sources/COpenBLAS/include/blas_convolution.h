// Convolutions by OpenBLAS's matrix product: patches of the input are gathered as rows (im2col) and multiplied with the
// filter, which lies as [tap][input channel][output channel]. 1 x 1 convolutions of stride 1 need no gathering.
//
// Bands of rows are cut by one sample's size alone and every call has one thread, so results depend neither on threads
// nor on a sample's place.
#pragma once

#include "kernel_arguments.h"

enum { mdl_blas_outputs_per_item = 64 };

typedef struct mdl_blas_convolution {
    mdl_view input;           // or its gradient
    mdl_extent input_extent;
    mdl_view output;          // or its gradient
    mdl_extent output_extent;
    int32_t size;             // of the kernel's side
    int32_t stride;
    int32_t padding;
    int32_t dilation;
    int32_t band_rows;        // rows of the output that are gathered at a time
    int32_t bands;
    int32_t accumulate;       // of backward to data: add to what is there
    const float *filter;
    const float *bias;        // one per output channel, or NULL
    // Backward to filter: every subtree's sum goes to filter_gradient + subtree * subtree_stride.
    float *filter_gradient;
    ptrdiff_t subtree_stride;
    mdl_fold fold;
    // Per worker: band_rows * width patches, then (to the filter) fold.levels partials of the item's columns.
    float *scratch;
    ptrdiff_t scratch_stride;
} mdl_blas_convolution;

// Item = sample * bands + band.
void mdl_blas_forward(const void *arguments, int32_t item, int32_t worker);
// Items are samples.
void mdl_blas_backward_to_data(const void *arguments, int32_t item, int32_t worker);
// Items are groups of mdl_blas_outputs_per_item output channels. Per sample the bands' products are added in order.
void mdl_blas_backward_to_filter(const void *arguments, int32_t item, int32_t worker);
