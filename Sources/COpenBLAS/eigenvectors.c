#include "eigenvectors.h"

#include "openblas.h"
#include "products.h"

#include <stdio.h>
#include <stdlib.h>

mdl_eigenvectors_status mdl_eigenvectors(double *matrix, int32_t order, double *values, char *text, size_t capacity) {
    if (mdl_openblas_load() != 0) {
        snprintf(text, capacity, "%s", mdl_openblas_failure());
        return MDL_EIGENVECTORS_NOT_THERE;
    }
    mdl_eigenvectors_status status = MDL_EIGENVECTORS_OK;
    int32_t info = 0;
    int32_t ask = -1;
    int32_t index_size = 0;
    double work_size = 0;
    // Rows of C are columns of Fortran, so that its lower triangle is our upper one.
    mdl_openblas_dsyevd("V", "L", &order, matrix, &order, values, &work_size, &ask, &index_size, &ask, &info);
    int32_t work_count = (int32_t)work_size;
    double *work = malloc((size_t)work_count * sizeof(double));
    int32_t *indices = malloc((size_t)index_size * sizeof(int32_t));
    if (work && indices) {
        mdl_openblas_dsyevd("V", "L", &order, matrix, &order, values, work, &work_count, indices, &index_size,
                            &info);
        status = info == 0 ? MDL_EIGENVECTORS_OK : MDL_EIGENVECTORS_NO_CONVERGENCE;
    } else {
        status = MDL_EIGENVECTORS_OUT_OF_MEMORY;
    }
    free(work);
    free(indices);
    return status;
}
