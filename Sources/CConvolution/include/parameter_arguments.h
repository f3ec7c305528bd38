// Passes over parameters: the modulators' normalized rows, and products of filters.
// Filters lie in memory as [kernel row][kernel column][input channel][output channel] (HWIO).
#pragma once

#include "kernel_arguments.h"

// Normalized feature fusion (paper, section 3.4): weight[i][o] = v[i][o] * (gain[o] / |v[.][o]|) in double, the length
// formed in input order, the weight rounded once. Items are groups of mdl_channels_per_item output
// channels. `length` receives |v[.][o]|.
typedef struct mdl_normalized_rows {
    const float *v;
    const float *gain;
    int32_t inputs;
    int32_t outputs;
    float *weight;
    double *length;
} mdl_normalized_rows;

// From dW: gradient_gain[o] = (sum over i of dW v) / |v|; gradient_v = gain / |v| * (dW - v (dW . v) / |v|²), sums in
// double in input order.
typedef struct mdl_normalized_rows_backward {
    const float *v;
    const float *gain;
    const double *length;
    const float *gradient;
    int32_t inputs;
    int32_t outputs;
    float *gradient_v;
    float *gradient_gain;
} mdl_normalized_rows_backward;

// So many that the columns of `right` which are read at a time are used often while they are in cache.
enum { mdl_rows_per_item = 64 };

// product[r][o] = sum over i of left[r][i] * right[i][o] in double, in ascending order of i: one filter [tap][input] by
// [output] behind another. Items are groups of mdl_rows_per_item rows.
typedef struct mdl_double_product {
    const double *left;
    const double *right;
    int32_t rows;
    int32_t inner;
    int32_t outputs;
    double *product;
} mdl_double_product;
