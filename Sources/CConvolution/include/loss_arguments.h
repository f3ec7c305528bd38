// The losses on a network's output, each with its gradient in one pass.
//
// Items are chunks of rows of one sample. partial[item] is the chunk's sum of losses in double, in pixel order, not
// yet divided by what the mean is over and not yet weighted; gradient = d(factor * sum) / d(output), where
// factor = scale[0] = weight / divisor is known before. gradient.data may be NULL (validation), and may be output.data:
// the gradient then takes the output's place.
// Labels are contiguous float32: [sample][row][column][label channel]. A NaN in a known pixel, or a label that is neither
// a class nor unknown, makes the chunk's sum NaN. An unknown element has the gradient 0.
#pragma once

#include "kernel_arguments.h"

// Which labels are unknown.
typedef enum mdl_unknown {
    mdl_unknown_255 = 0,   // 255, each channel for itself (classes, scores)
    mdl_unknown_zero = 1,  // a pixel with 0 in all its channels (directions, distances)
    mdl_unknown_nan = 2,   // NaN, each channel for itself (values)
} mdl_unknown;

// What all losses are given.
typedef struct mdl_loss {
    mdl_view output;
    mdl_view gradient;
    const float *labels;
    mdl_extent extent;  // of the output; labels have as many channels, class labels one
    mdl_rows rows;
    const float *scale;
    double *partial;
} mdl_loss;

// Cross-entropy of the softmax p over the channels, with the label's class t:
//
//     (1 - p_t)^gamma * sum over c of T_c (-log p_c),   T_c = w_c ((c == t) (1 - smoothing) + smoothing / channels)
//
// as torch.nn.CrossEntropyLoss(weight, label_smoothing) has it where gamma is 0; with gamma it is the focal loss (Lin et
// al. 2017, equation 5), for which smoothing is 0.
typedef struct mdl_cross_entropy {
    mdl_loss loss;
    double smoothing;
    double gamma;
    const double *weights;  // w, one per channel; NULL: all are 1
    // The gradient of the Dice term, see mdl_overlap; NULL where there is none. [sample][2][channel], with all factors:
    // what p_c adds where c is the label's class (a), and what it adds everywhere (b).
    const double *overlap;
} mdl_cross_entropy;

// Binary cross-entropy with logits, each channel for itself, p the sigmoid of o and t the label in 0 ... 1:
//
//     positive * t (1 - p)^gamma softplus(-o) + negative * (1 - t) p^gamma softplus(o)
//
// as torch.nn.BCEWithLogitsLoss has it (positive is its pos_weight) where gamma is 0; with gamma it is the focal loss
// (Lin et al. 2017).
typedef struct mdl_binary_cross_entropy {
    mdl_loss loss;
    const double *weights;  // positive, negative
    double gamma;
    int32_t unknown_counts;  // an unknown element counts as o = t = 0, which adds negative * log 2
    const double *overlap;   // as in mdl_cross_entropy
} mdl_binary_cross_entropy;

// A function of the error x = o - t of one element. For those of logarithms d = f(o) - f(t) with f(o) = log(o) from
// `constant` on and below it the tangent there, log(constant) + (o - constant) / constant, so that an output that is not
// positive has a loss and a gradient too.
typedef enum mdl_error {
    mdl_error_absolute = 0,      // |x|, with the gradient 0 at 0
    mdl_error_squared = 1,       // x^2
    mdl_error_huber = 2,         // x^2 / 2 up to |x| = constant, constant * (|x| - constant / 2) beyond
    mdl_error_reverse_huber = 3, // |x| up to |x| = c, (x^2 + c^2) / (2 c) beyond; c = coefficients[sample][0]
    mdl_error_absolute_log = 4,  // |d|
    mdl_error_scale_invariant_log = 5, // d^2 u - v d with u and v = coefficients[sample]; its slope is 2 (d u - v)
} mdl_error;

// Sum over the channels of a pixel of a function of the error.
typedef struct mdl_error_loss {
    mdl_loss loss;
    mdl_unknown unknown;  // zero or NaN
    mdl_error error;
    double constant;
    const double *coefficients;  // [sample][2]
} mdl_error_loss;

// The cosine loss takes an mdl_loss: 1 - o . t / (max(|o|, e) max(|t|, e)) with e = 1e-8 over the 3 channels of a pixel,
// as torch.nn.functional.cosine_similarity has it; label (0, 0, 0) is unknown.

// What labels know: counts[item][2 + classes], the known elements of the chunk (all channels of a known pixel), of
// those the labels above 0.5, and for each class its pixels.
typedef struct mdl_label_counts {
    const float *labels;
    mdl_extent extent;  // with the channels of a label
    mdl_rows rows;
    mdl_unknown unknown;
    int32_t classes;  // 0: they are not counted
    int64_t *counts;
} mdl_label_counts;

// The sums that the Dice coefficient of a sample is formed of, over the known elements of a chunk, in pixel order:
// sums[item][3][channel], of p_c where c is the label's class (binary: of p t), of p_c, and of the labels. p is the
// softmax over channels or (binary) each channel's sigmoid.
typedef struct mdl_overlap {
    mdl_view output;
    const float *labels;
    mdl_extent extent;
    mdl_rows rows;
    double *sums;
} mdl_overlap;

// What a loss has to know of a whole sample: statistics[item][3], of the chunk's known elements the count, the largest
// |x| and the sum of d (0 where the error is not one of logarithms), in pixel order.
typedef struct mdl_error_statistics {
    mdl_view output;
    const float *labels;
    mdl_extent extent;
    mdl_rows rows;
    mdl_unknown unknown;
    mdl_error error;
    double constant;
    double *statistics;
} mdl_error_statistics;
