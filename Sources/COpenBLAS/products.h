// The functions of OpenBLAS that are used, as cblas.h declares one and Fortran the other.
#pragma once

#include <stdint.h>

enum { mdl_row_major = 101, mdl_as_is = 111, mdl_transposed = 112 };

typedef void (*mdl_sgemm)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc);

typedef void (*mdl_dsyevd)(const char *job, const char *triangle, const int32_t *order, double *matrix,
                           const int32_t *stride, double *values, double *work, const int32_t *work_count,
                           int32_t *indices, const int32_t *index_count, int32_t *info);

extern mdl_sgemm mdl_openblas_sgemm;
extern mdl_dsyevd mdl_openblas_dsyevd;
