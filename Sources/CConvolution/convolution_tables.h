// The convolution kernels of each instruction set, defined in the folder of that name.
#pragma once

#include "convolution_arguments.h"

const mdl_convolution_kernels *mdl_convolution_kernels_scalar(void);
const mdl_convolution_kernels *mdl_convolution_kernels_portable(void);
const mdl_convolution_kernels *mdl_convolution_kernels_avx2(void);
const mdl_convolution_kernels *mdl_convolution_kernels_avx512(void);
