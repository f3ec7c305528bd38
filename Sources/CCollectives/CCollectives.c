#include "CCollectives.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mdl_mpi_communicator {
    MPI_Comm comm;
    // Started operations; a slot that holds MPI_REQUEST_NULL is free. Grows when all are taken, so a loop that keeps a
    // few under way allocates once.
    MPI_Request *requests;
    int capacity;
};

// MPI's texts end in line feeds here and there.
static void keep_one_line(char *text) {
    for (char *c = text; *c != 0; c++) {
        if (*c == '\n' || *c == '\r' || *c == '\t') *c = ' ';
    }
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--) text[length - 1] = 0;
}

void mdl_mpi_error_text(int code, char *text, int capacity) {
    if (code == mdl_mpi_no_memory) {
        snprintf(text, (size_t)capacity, "out of memory");
        return;
    }
    if (code == mdl_mpi_no_threads) {
        snprintf(text, (size_t)capacity, "this MPI library was built without support for threads");
        return;
    }
    char full[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (MPI_Error_string(code, full, &length) != MPI_SUCCESS) snprintf(full, sizeof full, "unknown error %d", code);
    snprintf(text, (size_t)capacity, "%s", full);
    keep_one_line(text);
}

int mdl_mpi_version(char *text, int capacity) {
    char full[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    const int status = MPI_Get_library_version(full, &length);
    if (status != MPI_SUCCESS) return status;
    snprintf(text, (size_t)capacity, "%s", full);
    keep_one_line(text);
    return 0;
}

int mdl_mpi_initialize(void) {
    int provided = MPI_THREAD_SINGLE;
    const int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    if (status != MPI_SUCCESS) return status;
    // What is not tied to a communicator reports its errors to these two.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    return provided >= MPI_THREAD_SERIALIZED ? 0 : mdl_mpi_no_threads;
}

int mdl_mpi_finalize(void) { return MPI_Finalize(); }

// Takes ownership of `comm`.
static int wrap(MPI_Comm comm, mdl_mpi_communicator **out) {
    mdl_mpi_communicator *wrapped = calloc(1, sizeof *wrapped);
    if (wrapped == NULL) return mdl_mpi_no_memory;
    wrapped->comm = comm;
    *out = wrapped;
    return MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
}

int mdl_mpi_world(mdl_mpi_communicator **out) { return wrap(MPI_COMM_WORLD, out); }

int mdl_mpi_rank(const mdl_mpi_communicator *communicator, int *rank) {
    return MPI_Comm_rank(communicator->comm, rank);
}

int mdl_mpi_size(const mdl_mpi_communicator *communicator, int *size) {
    return MPI_Comm_size(communicator->comm, size);
}

void mdl_mpi_abort(mdl_mpi_communicator *communicator, int exit_code) { MPI_Abort(communicator->comm, exit_code); }

int mdl_mpi_split(mdl_mpi_communicator *communicator, int color, int key, mdl_mpi_communicator **out) {
    MPI_Comm comm;
    const int status = MPI_Comm_split(communicator->comm, color, key, &comm);
    return status != MPI_SUCCESS ? status : wrap(comm, out);
}

int mdl_mpi_split_by_node(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out) {
    int rank;
    int status = MPI_Comm_rank(communicator->comm, &rank);
    if (status != MPI_SUCCESS) return status;
    MPI_Comm comm;
    status = MPI_Comm_split_type(communicator->comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &comm);
    return status != MPI_SUCCESS ? status : wrap(comm, out);
}

int mdl_mpi_duplicate(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out) {
    MPI_Comm comm;
    const int status = MPI_Comm_dup(communicator->comm, &comm);
    return status != MPI_SUCCESS ? status : wrap(comm, out);
}

// A free slot; NULL when there is no memory.
static MPI_Request *slot(mdl_mpi_communicator *communicator, int *request) {
    for (int index = 0; index < communicator->capacity; index++) {
        if (communicator->requests[index] == MPI_REQUEST_NULL) {
            *request = index;
            return &communicator->requests[index];
        }
    }
    const int old = communicator->capacity;
    const int capacity = old == 0 ? 16 : 2 * old;
    MPI_Request *requests = realloc(communicator->requests, (size_t)capacity * sizeof *requests);
    if (requests == NULL) return NULL;
    for (int index = old; index < capacity; index++) requests[index] = MPI_REQUEST_NULL;
    communicator->requests = requests;
    communicator->capacity = capacity;
    *request = old;
    return &requests[old];
}

static MPI_Datatype datatype(mdl_mpi_element element) {
    switch (element) {
    case mdl_mpi_float32: return MPI_FLOAT;
    case mdl_mpi_int64: return MPI_INT64_T;
    }
    return MPI_DATATYPE_NULL;
}

int mdl_mpi_start_barrier(mdl_mpi_communicator *communicator, int *request) {
    MPI_Request *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory : MPI_Ibarrier(communicator->comm, started);
}

int mdl_mpi_start_broadcast(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int root, int *request) {
    MPI_Request *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : MPI_Ibcast(bytes, count, MPI_BYTE, root, communicator->comm, started);
}

int mdl_mpi_start_all_to_all(mdl_mpi_communicator *communicator, const void *send, const int32_t *send_counts,
                             const int32_t *send_offsets, void *receive, const int32_t *receive_counts,
                             const int32_t *receive_offsets, int *request) {
    MPI_Request *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : MPI_Ialltoallv(send, send_counts, send_offsets, MPI_BYTE, receive, receive_counts,
                                            receive_offsets, MPI_BYTE, communicator->comm, started);
}

int mdl_mpi_start_all_gather(mdl_mpi_communicator *communicator, const void *send, void *receive,
                             const int32_t *counts, const int32_t *offsets, int *request) {
    int rank;
    const int status = MPI_Comm_rank(communicator->comm, &rank);
    if (status != MPI_SUCCESS) return status;
    MPI_Request *started = slot(communicator, request);
    if (started == NULL) return mdl_mpi_no_memory;
    return MPI_Iallgatherv(send == NULL ? MPI_IN_PLACE : send, counts[rank], MPI_BYTE, receive, counts, offsets,
                           MPI_BYTE, communicator->comm, started);
}

int mdl_mpi_start_all_reduce(mdl_mpi_communicator *communicator, void *values, int32_t count, mdl_mpi_element element,
                             int *request) {
    MPI_Request *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : MPI_Iallreduce(MPI_IN_PLACE, values, count, datatype(element), MPI_SUM,
                                            communicator->comm, started);
}

int mdl_mpi_test(mdl_mpi_communicator *communicator, int request, int *done) {
    return MPI_Test(&communicator->requests[request], done, MPI_STATUS_IGNORE);
}
