// The interface that MPI 5.0 prescribes to all libraries that call themselves libmpi_abi (MPI: A Message-Passing Interface
// Standard, version 5.0, chapter 20). Handles are pointers; those that do not change are small numbers.

#include <stdint.h>

typedef void *handle;

#define MDL_INTERFACE mdl_mpi_standard
#define MDL_IN_PLACE ((void *)1)
#define MDL_STATUS_IGNORE NULL
#define MDL_COMM_TYPE_SHARED 221
#define MDL_THREAD_LEVEL 1024

#include "functions.h"

static const char *load_constants(void *library) {
    (void)library;
    constants.world = (handle)(intptr_t)0x101;
    constants.self = (handle)(intptr_t)0x102;
    constants.errors_return = (handle)(intptr_t)0x143;
    constants.byte = (handle)(intptr_t)0x247;
    constants.float32 = (handle)(intptr_t)0x210;
    constants.int64 = (handle)(intptr_t)0x258;
    constants.sum = (handle)(intptr_t)0x21;
    constants.no_request = (handle)(intptr_t)0x180;
    constants.no_info = (handle)(intptr_t)0x130;
    return NULL;
}
