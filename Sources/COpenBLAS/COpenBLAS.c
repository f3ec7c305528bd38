#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef void (*eigenvectors_function)(const char *job, const char *triangle, const int32_t *order, double *matrix,
                                      const int32_t *stride, double *values, double *work, const int32_t *work_count,
                                      int32_t *indices, const int32_t *index_count, int32_t *info);
typedef void (*threads_function)(int count);

static pthread_once_t opened = PTHREAD_ONCE_INIT;
static eigenvectors_function dsyevd;
static char failure[256];

static void open_library(void) {
    // One thread, and none is started while the library is loaded.
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *function = library ? dlsym(library, "dsyevd_") : NULL;
    void *threads = library ? dlsym(library, "openblas_set_num_threads") : NULL;
    if (!function || !threads) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : "no reason was given");
        return;
    }
    ((threads_function)threads)(1);
    dsyevd = (eigenvectors_function)function;
}

copenblas_status copenblas_eigenvectors(double *matrix, int32_t order, double *values, char *text, size_t capacity) {
    pthread_once(&opened, open_library);
    if (!dsyevd) {
        snprintf(text, capacity, "%s", failure);
        return COPENBLAS_NOT_THERE;
    }
    copenblas_status status = COPENBLAS_OK;
    int32_t info = 0;
    int32_t ask = -1;
    int32_t index_size = 0;
    double work_size = 0;
    // Rows of C are columns of Fortran, so that its lower triangle is our upper one.
    dsyevd("V", "L", &order, matrix, &order, values, &work_size, &ask, &index_size, &ask, &info);
    int32_t work_count = (int32_t)work_size;
    double *work = malloc((size_t)work_count * sizeof(double));
    int32_t *indices = malloc((size_t)index_size * sizeof(int32_t));
    if (work && indices) {
        dsyevd("V", "L", &order, matrix, &order, values, work, &work_count, indices, &index_size, &info);
        status = info == 0 ? COPENBLAS_OK : COPENBLAS_NO_CONVERGENCE;
    } else {
        status = COPENBLAS_OUT_OF_MEMORY;
    }
    free(work);
    free(indices);
    return status;
}
