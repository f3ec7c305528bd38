// LAPACK from OpenBLAS, opened when it is first needed: a program that is linked with it starts a thread for every
// processor as soon as it is loaded, whatever it is about to do.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum copenblas_status {
    COPENBLAS_OK = 0,
    COPENBLAS_NOT_THERE = 1,      // the library or one of its functions; `text` is the loader's message
    COPENBLAS_NO_CONVERGENCE = 2,
    COPENBLAS_OUT_OF_MEMORY = 3,
} copenblas_status;

// Eigenvalues and eigenvectors of a symmetric matrix of `order` x `order` doubles (dsyevd), on one thread.
//
// The matrix is overwritten: vector i stands in elements i * order ..< (i + 1) * order, of unit length, to the i-th
// smallest value. Only the elements matrix[i * order + j] with j >= i are read.
copenblas_status copenblas_eigenvectors(double *matrix, int32_t order, double *values, char *text, size_t capacity);
