// The Winograd kernels of each instruction set, defined in the folder of that name.
#pragma once

#include "winograd_arguments.h"

const mdl_winograd_kernels *mdl_winograd_kernels_scalar(void);
const mdl_winograd_kernels *mdl_winograd_kernels_portable(void);
const mdl_winograd_kernels *mdl_winograd_kernels_avx2(void);
const mdl_winograd_kernels *mdl_winograd_kernels_avx512(void);
