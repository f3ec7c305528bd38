// Which kernels an instruction set has.
#include "tables.h"

const mdl_passes *mdl_passes_for(mdl_isa isa) {
    if (!mdl_isa_available(isa)) { return NULL; }
    switch (isa) {
    case mdl_isa_scalar: return &mdl_passes_scalar;
    case mdl_isa_portable: return &mdl_passes_portable;
#if defined(__x86_64__)
    case mdl_isa_avx2: return &mdl_passes_avx2;
    case mdl_isa_avx512: return &mdl_passes_avx512;
#else
    case mdl_isa_avx2:
    case mdl_isa_avx512: break;
#endif
    }
    return NULL;
}
