#include "isa.h"

int mdl_isa_available(mdl_isa isa) {
    switch (isa) {
    case mdl_isa_scalar:
    case mdl_isa_portable: return 1;
#if defined(__x86_64__)
    case mdl_isa_avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case mdl_isa_avx512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    case mdl_isa_avx2:
    case mdl_isa_avx512: return 0;
#endif
    }
    return 0;
}
