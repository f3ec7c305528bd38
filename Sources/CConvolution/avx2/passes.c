// The passes with AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MDL_NAME(name) name##_avx2
#define MDL_AVX2
// Groups of 16 channels whose sums are kept in registers.
#define MDL_GROUPS 1

#pragma clang fp contract(off)
// Vectors wider than the registers are only passed to functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "../bodies/normalization.h"
#include "../bodies/map.h"
#include "../bodies/loss.h"
#include "../bodies/optimizer.h"
#include "../bodies/parameter.h"

#pragma clang attribute pop

#include "../bodies/table.h"
#endif
