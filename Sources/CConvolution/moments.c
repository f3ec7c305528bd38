// Moments of activations; see moment_arguments.h. One text for all instruction sets: wider ones take the same steps.
#include "moment_arguments.h"

#pragma clang fp contract(off)

enum { columns_at_once = 8, pixels_at_once = 128 };

typedef double columns __attribute__((vector_size(columns_at_once * sizeof(double)), aligned(8), may_alias));
typedef float narrow_columns __attribute__((vector_size(columns_at_once * sizeof(float)), aligned(4), may_alias));

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void mdl_moments_kernel(const void *arguments, int32_t item, int32_t worker) {
    mdl_moments a = *(const mdl_moments *)arguments;
    (void)worker;
    int32_t first = item * mdl_moment_rows;
    int32_t rows = a.channels - first < mdl_moment_rows ? a.channels - first : mdl_moment_rows;
    // The group's rows as doubles, which every column of the tile meets.
    double own[pixels_at_once][mdl_moment_rows] = {{0}};
    // Of a block of pixels what is read again for every tile stays in the cache.
    for (int64_t start = 0; start < a.pixels; start += pixels_at_once) {
        int32_t count = a.pixels - start < pixels_at_once ? (int32_t)(a.pixels - start) : pixels_at_once;
        const float *x = a.x + start * a.pixel;
        for (int32_t p = 0; p < count; p++) {
            for (int32_t row = 0; row < rows; row++) {
                own[p][row] = x[p * a.pixel + first + row];
                a.sums[first + row] += own[p][row];
            }
        }
        int32_t column = first;
        if (rows == mdl_moment_rows) {
            for (; column + columns_at_once <= a.channels; column += columns_at_once) {
                double *products = a.products + (ptrdiff_t)first * a.channels + column;
                columns total[mdl_moment_rows];
                for (int32_t row = 0; row < mdl_moment_rows; row++) {
                    total[row] = *(const columns *)(products + (ptrdiff_t)row * a.channels);
                }
                for (int32_t p = 0; p < count; p++) {
                    narrow_columns narrow = *(const narrow_columns *)(x + p * a.pixel + column);
                    columns wide = __builtin_convertvector(narrow, columns);
                    for (int32_t row = 0; row < mdl_moment_rows; row++) { total[row] += own[p][row] * wide; }
                }
                for (int32_t row = 0; row < mdl_moment_rows; row++) {
                    *(columns *)(products + (ptrdiff_t)row * a.channels) = total[row];
                }
            }
        }
        for (; column < a.channels; column++) {
            for (int32_t row = 0; row < rows; row++) {
                double *product = a.products + (ptrdiff_t)(first + row) * a.channels + column;
                double total = *product;
                for (int32_t p = 0; p < count; p++) { total += own[p][row] * (double)x[p * a.pixel + column]; }
                *product = total;
            }
        }
    }
}
