// The interface of Open MPI 3 to 5, HPC-X and Spectrum MPI. Handles are addresses; those that do not change are addresses
// of the library's own variables, so that a program takes them from the library that it has opened.

#include <stdint.h>

typedef void *handle;

#define MDL_INTERFACE mdl_mpi_openmpi
#define MDL_IN_PLACE ((void *)1)
#define MDL_STATUS_IGNORE NULL
#define MDL_COMM_TYPE_SHARED 0
#define MDL_THREAD_LEVEL 1

#include "functions.h"

static const char *load_constants(void *library) {
    static const struct {
        const char *name;
        handle *place;
    } variables[] = {
        {"ompi_mpi_comm_world", &constants.world},
        {"ompi_mpi_comm_self", &constants.self},
        {"ompi_mpi_errors_return", &constants.errors_return},
        {"ompi_mpi_byte", &constants.byte},
        {"ompi_mpi_float", &constants.float32},
        {"ompi_mpi_int64_t", &constants.int64},
        {"ompi_mpi_op_sum", &constants.sum},
        {"ompi_request_null", &constants.no_request},
        {"ompi_mpi_info_null", &constants.no_info},
    };
    for (size_t index = 0; index < sizeof variables / sizeof *variables; index++) {
        *variables[index].place = dlsym(library, variables[index].name);
        if (*variables[index].place == NULL) return variables[index].name;
    }
    return NULL;
}
