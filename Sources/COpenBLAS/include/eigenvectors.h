// LAPACK from OpenBLAS; see openblas.h for how it is opened.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum mdl_eigenvectors_status {
    MDL_EIGENVECTORS_OK = 0,
    MDL_EIGENVECTORS_NOT_THERE = 1,      // the library or one of its functions; `text` is the loader's message
    MDL_EIGENVECTORS_NO_CONVERGENCE = 2,
    MDL_EIGENVECTORS_OUT_OF_MEMORY = 3,
} mdl_eigenvectors_status;

// Eigenvalues and eigenvectors of a symmetric matrix of `order` x `order` doubles (dsyevd), on one thread.
//
// The matrix is overwritten: vector i stands in elements i * order ..< (i + 1) * order, of unit length, to the i-th
// smallest value. Only the elements matrix[i * order + j] with j >= i are read.
mdl_eigenvectors_status mdl_eigenvectors(double *matrix, int32_t order, double *values, char *text, size_t capacity);
