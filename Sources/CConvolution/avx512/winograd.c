#include "winograd_arguments.h"

#include <stddef.h>

#include "../winograd_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define MDL_NAME(name) mdl_avx512_##name
#define MDL_LANES 16
#define MDL_VECTORS 2
#define MDL_TILE 14
#define MDL_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#include "../bodies/winograd.h"

const mdl_winograd_kernels *mdl_winograd_kernels_avx512(void) { return &MDL_NAME(winograd_kernels); }
#pragma clang attribute pop
#endif
