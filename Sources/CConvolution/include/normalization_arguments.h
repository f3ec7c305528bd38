// Batch normalization (Ioffe, Szegedy 2015) in training and evaluation, with the residual addition and the ReLU that
// follow it in a residual network.
//
// Forward, training:   statistics -> fold_statistics -> (ranks exchange) -> finish_statistics -> normalize
// Forward, evaluation: running_statistics -> normalize
// Backward, training:  gradient_sums -> fold_gradient_sums -> (ranks exchange) -> finish_gradient_sums ->
//                      normalize_backward
//
// All sums are formed in double: within a chunk of rows in pixel order, over the chunks of a sample in order, over
// samples along the tree.
#pragma once

#include "kernel_arguments.h"

enum { mdl_channels_per_item = 16 };

// Per chunk and channel, in double: partial[item][0][channel] = sum of x, partial[item][1][channel] = sum of x².
typedef struct mdl_statistics {
    mdl_view x;
    mdl_extent extent;
    mdl_rows rows;
    double *partial;
} mdl_statistics;

// Items are groups of mdl_channels_per_item channels. Reads mdl_statistics' partials; the chunks of a sample are added
// in order, which gives the sample's count, mean and M2 = sum of squared deviations (never below 0); samples are merged
// along the tree by Chan's formula (mdl_merge_moments). out[subtree][channel][0 count, 1 mean, 2 M2].
typedef struct mdl_fold_statistics {
    const double *partial;
    mdl_extent extent;
    int32_t chunks;
    mdl_fold fold;
    double *out;
} mdl_fold_statistics;

// The values of `count` channels, [channel][0 count, 1 mean, 2 M2], of two neighbouring sets of samples become those of
// both, which replace the left ones (Chan, Golub, LeVeque 1983).
void mdl_merge_moments(double *left, const double *right, int64_t count);

// Items are groups of channels. moments[channel][0 … 2] of the global batch gives what the normalization needs: mean,
// inverse = 1 / sqrt(M2 / count + epsilon), scale = gamma * inverse, all computed in double and rounded once; count[0]
// (written by item 0) the number of values per channel.
// running = (1 - momentum) * running + momentum * value, with the unbiased variance M2 / (count - 1).
typedef struct mdl_finish_statistics {
    const double *moments;
    int32_t channels;
    const float *gamma;
    double epsilon;
    double momentum;
    float *running_mean;
    float *running_variance;
    float *mean;
    float *inverse;
    float *scale;
    double *count;
} mdl_finish_statistics;

// Items are groups of channels. mean = running mean; scale = gamma / sqrt(running variance + epsilon).
typedef struct mdl_running_statistics {
    const float *gamma;
    const float *running_mean;
    const float *running_variance;
    double epsilon;
    int32_t channels;
    float *mean;
    float *scale;
} mdl_running_statistics;

// y = relu((x - mean) * scale + beta + residual), a NaN staying NaN. `residual.data` may be NULL, `relu` 0.
// Where `mask` is not NULL, bit (channel % 16) of
// mask[((sample * height + row) * width + column) * ((channels + 15) / 16) + channel / 16] says that y is greater
// than 0; bits beyond the channels are 0. y may be x.
typedef struct mdl_normalize {
    mdl_view x;
    mdl_view residual;
    mdl_view y;
    mdl_extent extent;
    mdl_rows rows;
    const float *mean;
    const float *scale;
    const float *beta;
    int32_t relu;
    uint16_t *mask;
} mdl_normalize;

// With g = dy where the mask's bit is set (or everywhere if mask is NULL) and xhat = (x - mean) * inverse in float32,
// per chunk and channel, in double: partial[item][0] = sum of g, partial[item][1] = sum of g * xhat.
typedef struct mdl_gradient_sums {
    mdl_view x;
    mdl_view dy;
    mdl_extent extent;
    mdl_rows rows;
    const float *mean;
    const float *inverse;
    const uint16_t *mask;
    double *partial;
} mdl_gradient_sums;

// As mdl_fold_statistics, with plain sums: out[subtree][0 … 1][channel].
typedef struct mdl_fold_sums {
    const double *partial;
    int32_t channels;
    int32_t chunks;
    mdl_fold fold;
    double *out;
} mdl_fold_sums;

// sums[0 … 1][channel] of the global batch: gradient_beta = sum of g, gradient_gamma = sum of g * xhat; mean_g and mean_gx are those over
// count[0].
typedef struct mdl_finish_gradient_sums {
    const double *sums;
    int32_t channels;
    const double *count;
    float *gradient_gamma;
    float *gradient_beta;
    float *mean_g;
    float *mean_gx;
} mdl_finish_gradient_sums;

// dx = scale * (g - mean_g - xhat * mean_gx), stored, or added where `accumulate` is set. Where `residual.data` is not
// NULL, g is stored (or added, `accumulate_residual`) there. dx may be dy.
typedef struct mdl_normalize_backward {
    mdl_view x;
    mdl_view dy;
    mdl_view dx;
    mdl_view residual;
    mdl_extent extent;
    mdl_rows rows;
    const float *mean;
    const float *inverse;
    const float *scale;
    const float *mean_g;
    const float *mean_gx;
    const uint16_t *mask;
    int32_t accumulate;
    int32_t accumulate_residual;
} mdl_normalize_backward;
