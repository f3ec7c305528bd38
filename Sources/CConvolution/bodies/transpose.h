// Numbers of 16 pixels and 16 channels, turned from a pixel per vector to a channel per vector or back.
#pragma once

#include "vector.h"

// Of two vectors that lie `step` rows apart the first gets the lanes whose number has no bit `step`, the second those
// that have it. The vectors stay in registers, as the loops are unrolled.
#define MDL_EXCHANGE(step, low, high)                                              \
    _Pragma("unroll") for (int32_t i = 0; i < lanes; i++) {                        \
        if (i & step) { continue; }                                                \
        floats a = rows[i];                                                        \
        floats b = rows[i + step];                                                 \
        rows[i] = __builtin_shufflevector(a, b, MDL_LIST low);                 \
        rows[i + step] = __builtin_shufflevector(a, b, MDL_LIST high);         \
    }
#define MDL_LIST(...) __VA_ARGS__

// rows[i][j] and rows[j][i] change places.
MDL_INLINE void transpose(floats *rows) {
    MDL_EXCHANGE(8, (0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                 (8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    MDL_EXCHANGE(4, (0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
                 (4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
    MDL_EXCHANGE(2, (0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
                 (2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
    MDL_EXCHANGE(1, (0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
                 (1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
}
