#include "winograd_arguments.h"

#include <stddef.h>

#include "../winograd_tables.h"

#pragma clang fp contract(off)
#define MDL_NAME(name) mdl_portable_##name
#define MDL_LANES 4
#define MDL_VECTORS 2
#define MDL_TILE 6
#if defined(__aarch64__)
#define MDL_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define MDL_FMA(a, b, c) ((a) * (b) + (c))
#endif
#include "../bodies/winograd.h"

const mdl_winograd_kernels *mdl_winograd_kernels_portable(void) { return &MDL_NAME(winograd_kernels); }
