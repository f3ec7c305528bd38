// The losses of the tasks (paper, section 4.1), each with its gradient in one pass over the network's output.
//
// Items are chunks of rows of one sample. partial[item] is the chunk's sum of losses in double, in pixel order, not
// yet divided by the count of known elements and not yet weighted; gradient = d(factor * sum) / d(output), where
// factor = scale[0] = weight / count is known before. gradient.data may be NULL (validation), and may be output.data: the
// gradient then takes the output's place.
// Labels are contiguous float32: [sample][row][column][label channel], encoded as in Datasets' LearningTask. A NaN in a
// known pixel, or a label that is neither a class nor unknown, makes the chunk's sum NaN.
#pragma once

#include "kernel_arguments.h"

typedef enum mdl_loss_kind {
    mdl_loss_cross_entropy = 0,  // softmax over channels; label 255 is unknown
    // binary, with logits: 0.95 t softplus(-o) + 0.05 (1 - t) softplus(o), t the label; label 255 is unknown
    mdl_loss_edge = 1,
    // binary, with logits o*m and label y*m over all pixels (an unknown one adds log 2, gradient 0)
    mdl_loss_saliency = 2,
    mdl_loss_depth = 3,          // |o - t|; label 0 is unknown; sign(0) = 0
    mdl_loss_normals = 4,        // sum over the 3 channels of |o - t|; label (0, 0, 0) is unknown
} mdl_loss_kind;

typedef struct mdl_loss {
    mdl_view output;
    mdl_view gradient;
    const float *labels;
    mdl_extent extent;  // of the output: the classes, 1 or (normals) 3 channels
    mdl_rows rows;
    const float *scale;
    double *partial;
    // Cross-entropy: the share of the truth that is spread evenly over all classes.
    double smoothing;
} mdl_loss;

// count[item] = known elements of the chunk (pixels; 3 per pixel for normals).
typedef struct mdl_known_count {
    const float *labels;
    mdl_extent extent;
    mdl_rows rows;
    mdl_loss_kind kind;
    int64_t *count;
} mdl_known_count;
