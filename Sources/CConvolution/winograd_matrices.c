// With points p and the polynomial M(x) = product of (x - p): row p of B' holds the coefficients of M(x) / (x - p), row
// p of G is (1, p, p^2) / (product of (p - q) over the other points q), column p of A' is (1, p, ..., p^(m-1)). For
// infinity: M itself, (0, 0, 1) and (0, ..., 0, 1). The squares of the irrational points are exact here.
#include "winograd_arguments.h"

#include <stddef.h>

#define H 0.70710678118654752440f   // sqrt(1/2)
#define R 1.41421356237309504880f   // sqrt(2)

static const mdl_winograd_matrices two = {
    .output = {{1, 1, 1, 0}, {0, 1, -1, 1}},
    .filter = {{-1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}},
    .input = {{-1, 0, 1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}},
};

static const mdl_winograd_matrices three = {
    .output = {{1, 1, 1, 1, 0}, {H, -H, R, -R, 0}, {0.5f, 0.5f, 2, 2, 1}},
    .filter =
        {
            {-1 / (3 * H), -1.0f / 3, -H / 3},
            {1 / (3 * H), -1.0f / 3, H / 3},
            {1 / (3 * R), 1.0f / 3, R / 3},
            {-1 / (3 * R), 1.0f / 3, -R / 3},
            {0, 0, 1},
        },
    .input =
        {
            {-R, -2, H, 1, 0},
            {R, -2, -H, 1, 0},
            {-H, -0.5f, R, 1, 0},
            {H, -0.5f, -R, 1, 0},
            {1, 0, -2.5f, 0, 1},
        },
};

static const mdl_winograd_matrices four = {
    .output = {{1, 1, 1, 1, 1, 0}, {0, H, -H, R, -R, 0}, {0, 0.5f, 0.5f, 2, 2, 0}, {0, H / 2, -H / 2, 2 * R, -2 * R, 1}},
    .filter =
        {
            {1, 0, 0},
            {-2.0f / 3, -H * 2 / 3, -1.0f / 3},
            {-2.0f / 3, H * 2 / 3, -1.0f / 3},
            {1.0f / 6, R / 6, 1.0f / 3},
            {1.0f / 6, -R / 6, 1.0f / 3},
            {0, 0, 1},
        },
    .input =
        {
            {1, 0, -2.5f, 0, 1, 0},
            {0, -R, -2, H, 1, 0},
            {0, R, -2, -H, 1, 0},
            {0, -H, -0.5f, R, 1, 0},
            {0, H, -0.5f, -R, 1, 0},
            {0, 1, 0, -2.5f, 0, 1},
        },
};

const mdl_winograd_matrices *mdl_winograd_matrices_of(int32_t size) {
    switch (size) {
    case 2: return &two;
    case 3: return &three;
    case 4: return &four;
    default: return NULL;
    }
}
