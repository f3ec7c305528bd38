// Which instruction sets there are kernels for, and which of them this machine has.
#pragma once

typedef enum mdl_isa {
    mdl_isa_scalar = 0,    // the references, one operation at a time
    mdl_isa_portable = 1,  // vectors that every processor of this architecture has
    mdl_isa_avx2 = 2,      // AVX2 and FMA
    mdl_isa_avx512 = 3,    // AVX-512 F, BW, DQ, VL
} mdl_isa;

// Nonzero where the processor and the operating system support `isa`.
int mdl_isa_available(mdl_isa isa);
