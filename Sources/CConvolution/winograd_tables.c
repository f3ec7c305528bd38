#include "winograd_tables.h"

#include <stddef.h>

const mdl_winograd_kernels *mdl_winograd_kernels_for(mdl_isa isa) {
    if (!mdl_isa_available(isa)) return NULL;
    switch (isa) {
    case mdl_isa_scalar: return mdl_winograd_kernels_scalar();
    case mdl_isa_portable: return mdl_winograd_kernels_portable();
#if defined(__x86_64__)
    case mdl_isa_avx2: return mdl_winograd_kernels_avx2();
    case mdl_isa_avx512: return mdl_winograd_kernels_avx512();
#else
    default: return NULL;
#endif
    }
    return NULL;
}
