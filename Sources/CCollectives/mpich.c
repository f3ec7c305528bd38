// The interface of MPICH since 3.1, which Intel MPI, Cray MPICH, MVAPICH and ParaStation MPI promise to share
// (https://www.mpich.org/abi/). Handles are numbers of 32 bits; those that do not change are the same in every library.

typedef int handle;

#define MDL_INTERFACE mdl_mpi_mpich
#define MDL_IN_PLACE ((void *)-1)
#define MDL_STATUS_IGNORE ((void *)1)
#define MDL_COMM_TYPE_SHARED 1
#define MDL_THREAD_LEVEL 1

#include "functions.h"

static const char *load_constants(void *library) {
    (void)library;
    constants.world = 0x44000000;
    constants.self = 0x44000001;
    constants.errors_return = 0x54000001;
    constants.byte = 0x4c00010d;
    constants.float32 = 0x4c00040a;
    constants.int64 = 0x4c00083a;
    constants.sum = 0x58000003;
    constants.no_request = 0x2c000000;
    constants.no_info = 0x1c000000;
    return NULL;
}
