// The one function of OpenBLAS that is used, as cblas.h declares it.
#pragma once

enum { mdl_row_major = 101, mdl_as_is = 111, mdl_transposed = 112 };

typedef void (*mdl_sgemm)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc);

extern mdl_sgemm mdl_openblas_sgemm;
