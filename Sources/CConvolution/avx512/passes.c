// The passes with AVX-512 F, BW, DQ and VL.
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MDL_NAME(name) name##_avx512
#define MDL_AVX512
// Groups of 16 channels whose sums are kept in registers.
#define MDL_GROUPS 4

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), \
                           apply_to = function)

#include "../bodies/normalization.h"
#include "../bodies/map.h"
#include "../bodies/loss.h"
#include "../bodies/optimizer.h"
#include "../bodies/parameter.h"

#pragma clang attribute pop

#include "../bodies/table.h"
#endif
