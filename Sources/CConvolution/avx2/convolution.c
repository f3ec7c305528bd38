#include "convolution_arguments.h"

#include <stddef.h>

#include "../convolution_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define MDL_NAME(name) mdl_avx2_##name
#define MDL_LANES 8
#define MDL_VECTORS 2
#define MDL_TILE 6
#define MDL_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#include "../bodies/convolution.h"

const mdl_convolution_kernels *mdl_convolution_kernels_avx2(void) { return &MDL_NAME(convolution_kernels); }
#pragma clang attribute pop
#endif
