// The tables that dispatch.c chooses from.
#pragma once

#include "passes.h"

extern const mdl_passes mdl_passes_scalar;
extern const mdl_passes mdl_passes_portable;
#if defined(__x86_64__)
extern const mdl_passes mdl_passes_avx2;
extern const mdl_passes mdl_passes_avx512;
#endif
