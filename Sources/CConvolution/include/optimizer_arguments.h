// Passes of an optimizer over the trained values of one graph.
#pragma once

#include "kernel_arguments.h"

// Every optimizer's name in configurations, which is that of its kernel without mdl_.
#define MDL_OPTIMIZERS(ONE) ONE(sgd) ONE(adamw)

#define MDL_OPTIMIZER_PLACE(name) mdl_optimizer_##name,
enum { MDL_OPTIMIZERS(MDL_OPTIMIZER_PLACE) mdl_optimizer_count };
#undef MDL_OPTIMIZER_PLACE

// The most values that one item takes, numbers that an optimizer keeps beside each value, and coefficients of a step.
enum { mdl_piece_length = 16384, mdl_optimizer_states = 4, mdl_optimizer_coefficients = 8 };

// Neighbouring values of one tensor. Tensors of a group have the same coefficients.
typedef struct mdl_piece {
    ptrdiff_t first;
    int32_t count;
    int32_t group;
} mdl_piece;

// One step of an optimizer; item i moves the values of pieces[i]. With g = scale[0] · gradient and c the coefficients of
// the piece's group, each operation rounded to float32 in the order that is written, as PyTorch's CPU kernels do:
//
// sgd: c = {rate, decay, momentum, 1 for Nesterov's rule}, states: velocity
//     g = g + decay · value;  velocity = momentum · velocity + g
//     value = value - rate · (Nesterov's: g + momentum · velocity, else: velocity)
// adamw: c = {1 - rate · decay, 1 - β1, β2, 1 - β2, 1 / √(1 - β2ᵗ), ε, rate / (1 - β1ᵗ)}, states: exp_avg, exp_avg_sq
//     value = c0 · value;  exp_avg = exp_avg + c1 · (g - exp_avg);  exp_avg_sq = c2 · exp_avg_sq + c3 · g · g
//     (where c1 is at least 0.5, exp_avg = g - (g - exp_avg) · (1 - c1), as torch.lerp has it)
//     value = value - c6 · exp_avg / (√exp_avg_sq · c4 + ε)
typedef struct mdl_optimizer_step {
    float *value;
    const float *gradient;
    float *states[mdl_optimizer_states];
    const mdl_piece *pieces;
    // [group][mdl_optimizer_coefficients]
    const float *coefficients;
    const float *scale;
} mdl_optimizer_step;

// sums[i] = Σ gradient² over pieces[i], in double: 16 sums, of every 16th value each, then halved lane by lane.
typedef struct mdl_square_sums {
    const float *gradient;
    const mdl_piece *pieces;
    double *sums;
} mdl_square_sums;

// average = toward(average, value, weight[0]) over pieces[i], where toward is from + w · (to - from) for w < 1/2 and
// to - (to - from) · (1 - w) else (PyTorch's lerp), so that a weight of 1 copies.
typedef struct mdl_average_step {
    float *average;
    const float *value;
    const mdl_piece *pieces;
    const float *weight;
} mdl_average_step;
