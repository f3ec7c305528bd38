#define _GNU_SOURCE
#include "openblas.h"

#include "products.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

mdl_sgemm mdl_openblas_sgemm;
mdl_dsyevd mdl_openblas_dsyevd;
static pthread_once_t opened = PTHREAD_ONCE_INIT;
static const char *core;
static char failure[256];

static void open_library(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    mdl_sgemm product = library ? (mdl_sgemm)dlsym(library, "cblas_sgemm") : NULL;
    mdl_dsyevd eigenvectors = library ? (mdl_dsyevd)dlsym(library, "dsyevd_") : NULL;
    if (!product || !eigenvectors) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : "no reason was given");
        return;
    }
    char *(*name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    core = name ? name() : "unknown";
    mdl_openblas_sgemm = product;
    mdl_openblas_dsyevd = eigenvectors;
}

int mdl_openblas_load(void) {
    pthread_once(&opened, open_library);
    return mdl_openblas_sgemm ? 0 : -1;
}

const char *mdl_openblas_core(void) { return core; }

const char *mdl_openblas_failure(void) { return failure; }
