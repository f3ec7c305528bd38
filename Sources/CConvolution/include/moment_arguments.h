// The first and second moments of activations: what a principal component analysis of responses needs.
//
// sums[i] += sum over pixels of x[i]; products[i * channels + j] += sum over pixels of x[i] * x[j] for j >= i; elements
// below the diagonal are not defined. All in double, one addition per pixel in pixel order, each product and sum rounded by
// itself, so that the bits are the same with any instruction set. Items are groups of `mdl_moment_rows` rows i.
#pragma once

#include "kernel_arguments.h"

typedef struct mdl_moments {
    const float *x;
    // Floats from a pixel to the next.
    ptrdiff_t pixel;
    int64_t pixels;
    int32_t channels;
    double *sums;
    double *products;
} mdl_moments;

enum { mdl_moment_rows = 8 };

void mdl_moments_kernel(const void *arguments, int32_t item, int32_t worker);
