// OpenBLAS, loaded when it is asked for: merely linked it would start threads in every process, and its bits depend on
// the kernels that it picks when it is loaded.
#pragma once

// Loads the library for one thread and, on processors with AVX2, with the kernels for Haswell: the fastest here, and
// the same on every such processor. OPENBLAS_CORETYPE, where it is set, chooses others. Returns 0, or -1 where there
// is no OpenBLAS. May be called again, from any thread.
int mdl_openblas_load(void);

// The loader's message where mdl_openblas_load failed; empty else.
const char *mdl_openblas_failure(void);

// What mdl_openblas_load found: the kernels' name; NULL before.
const char *mdl_openblas_core(void);
