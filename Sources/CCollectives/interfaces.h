// The functions of CCollectives.h for one binary interface of MPI; functions.h makes them, and CCollectives.c calls them.
#pragma once

#include "CCollectives.h"

struct mdl_mpi_interface {
    // Finds functions and constants in a library of this interface; the name of one that it lacks, or NULL.
    const char *(*load)(void *library);
    int (*error_text)(int code, char *text, int *length);
    int (*version)(char *text, int *length);
    int (*initialize)(int *level);
    int (*finalize)(void);
    int (*world)(mdl_mpi_communicator **out);
    int (*rank)(const mdl_mpi_communicator *communicator, int *rank);
    int (*size)(const mdl_mpi_communicator *communicator, int *size);
    void (*abort)(mdl_mpi_communicator *communicator, int exit_code);
    int (*split)(mdl_mpi_communicator *communicator, int color, int key, mdl_mpi_communicator **out);
    int (*split_by_node)(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out);
    int (*duplicate)(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out);
    int (*start_barrier)(mdl_mpi_communicator *communicator, int *request);
    int (*start_broadcast)(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int root, int *request);
    int (*start_all_to_all)(mdl_mpi_communicator *communicator, const void *send, const int32_t *send_counts,
                            const int32_t *send_offsets, void *receive, const int32_t *receive_counts,
                            const int32_t *receive_offsets, int *request);
    int (*start_all_gather)(mdl_mpi_communicator *communicator, const void *send, void *receive,
                            const int32_t *counts, const int32_t *offsets, int *request);
    int (*start_send)(mdl_mpi_communicator *communicator, const void *bytes, int32_t count, int rank, int tag,
                      int *request);
    int (*start_receive)(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int rank, int tag,
                         int *request);
    int (*start_all_reduce)(mdl_mpi_communicator *communicator, void *values, int32_t count, mdl_mpi_element element,
                            int *request);
    int (*test)(mdl_mpi_communicator *communicator, int request, int *done);
};

extern const struct mdl_mpi_interface mdl_mpi_openmpi, mdl_mpi_mpich, mdl_mpi_standard;
