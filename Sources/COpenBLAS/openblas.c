#define _GNU_SOURCE
#include "openblas.h"

#include "products.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

mdl_sgemm mdl_openblas_sgemm;
static const char *core;

int mdl_openblas_load(void) {
    if (mdl_openblas_sgemm != NULL) return 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return -1;
    mdl_sgemm product = (mdl_sgemm)dlsym(library, "cblas_sgemm");
    char *(*name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    if (product == NULL) return -1;
    core = name != NULL ? name() : "unknown";
    mdl_openblas_sgemm = product;
    return 0;
}

const char *mdl_openblas_core(void) { return core; }
