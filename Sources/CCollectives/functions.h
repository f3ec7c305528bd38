// What an interface does, made once for each: a file that includes this has defined
//
//     handle                  the type of MPI's handles
//     MDL_INTERFACE           the name of its struct mdl_mpi_interface
//     MDL_IN_PLACE            MPI_IN_PLACE
//     MDL_STATUS_IGNORE       MPI_STATUS_IGNORE
//     MDL_COMM_TYPE_SHARED    MPI_COMM_TYPE_SHARED
//     MDL_THREAD_LEVEL        MPI_THREAD_FUNNELED, of which other levels are multiples
//
// and defines load_constants below.

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

#include "interfaces.h"

// The functions of MPI that are called, each with its parameters; the names are without MPI_.
#define MDL_FUNCTIONS(each)                                                                                            \
    each(Error_string, (int, char *, int *))                                                                           \
    each(Get_library_version, (char *, int *))                                                                         \
    each(Init_thread, (int *, char ***, int, int *))                                                                   \
    each(Finalize, (void))                                                                                             \
    each(Comm_set_errhandler, (handle, handle))                                                                        \
    each(Comm_rank, (handle, int *))                                                                                   \
    each(Comm_size, (handle, int *))                                                                                   \
    each(Abort, (handle, int))                                                                                         \
    each(Comm_split, (handle, int, int, handle *))                                                                     \
    each(Comm_split_type, (handle, int, int, handle, handle *))                                                        \
    each(Comm_dup, (handle, handle *))                                                                                 \
    each(Ibarrier, (handle, handle *))                                                                                 \
    each(Ibcast, (void *, int, handle, int, handle, handle *))                                                         \
    each(Ialltoallv, (const void *, const int *, const int *, handle, void *, const int *, const int *, handle,        \
                      handle, handle *))                                                                               \
    each(Iallgatherv, (const void *, int, handle, void *, const int *, const int *, handle, handle, handle *))         \
    each(Isend, (const void *, int, handle, int, int, handle, handle *))                                               \
    each(Irecv, (void *, int, handle, int, int, handle, handle *))                                                     \
    each(Iallreduce, (const void *, void *, int, handle, handle, handle, handle *))                                    \
    each(Test, (handle *, int *, void *))

static struct {
#define MDL_MEMBER(name, parameters) int (*name) parameters;
    MDL_FUNCTIONS(MDL_MEMBER)
#undef MDL_MEMBER
} mpi;

// Handles of the library that do not change.
static struct {
    handle world, self, errors_return, byte, float32, int64, sum, no_request, no_info;
} constants;

struct mdl_mpi_communicator {
    handle comm;
    // Started operations; a slot that holds the constant for none is free. Grows when all are taken, so a loop that keeps
    // a few under way allocates once.
    handle *requests;
    int capacity;
};

// Sets the constants; the name of one that the library lacks, or NULL.
static const char *load_constants(void *library);

static const char *load(void *library) {
#define MDL_LOAD(name, parameters)                                                                                     \
    *(void **)&mpi.name = dlsym(library, "MPI_" #name);                                                                \
    if (mpi.name == NULL) return "MPI_" #name;
    MDL_FUNCTIONS(MDL_LOAD)
#undef MDL_LOAD
    return load_constants(library);
}

static int error_text(int code, char *text, int *length) { return mpi.Error_string(code, text, length); }

static int version(char *text, int *length) { return mpi.Get_library_version(text, length); }

static int initialize(int *level) {
    int provided = 0;
    const int status = mpi.Init_thread(NULL, NULL, 2 * MDL_THREAD_LEVEL, &provided);
    if (status != 0) return status;
    // What is not tied to a communicator reports its errors to these two.
    mpi.Comm_set_errhandler(constants.world, constants.errors_return);
    mpi.Comm_set_errhandler(constants.self, constants.errors_return);
    if (level != NULL) *level = provided / MDL_THREAD_LEVEL;
    return provided >= 2 * MDL_THREAD_LEVEL ? 0 : mdl_mpi_no_threads;
}

static int finalize(void) { return mpi.Finalize(); }

// Takes ownership of `comm`.
static int wrap(handle comm, mdl_mpi_communicator **out) {
    mdl_mpi_communicator *wrapped = calloc(1, sizeof *wrapped);
    if (wrapped == NULL) return mdl_mpi_no_memory;
    wrapped->comm = comm;
    *out = wrapped;
    return mpi.Comm_set_errhandler(comm, constants.errors_return);
}

static int world(mdl_mpi_communicator **out) { return wrap(constants.world, out); }

static int comm_rank(const mdl_mpi_communicator *communicator, int *rank) {
    return mpi.Comm_rank(communicator->comm, rank);
}

static int comm_size(const mdl_mpi_communicator *communicator, int *size) {
    return mpi.Comm_size(communicator->comm, size);
}

static void comm_abort(mdl_mpi_communicator *communicator, int exit_code) { mpi.Abort(communicator->comm, exit_code); }

static int split(mdl_mpi_communicator *communicator, int color, int key, mdl_mpi_communicator **out) {
    handle comm;
    const int status = mpi.Comm_split(communicator->comm, color, key, &comm);
    return status != 0 ? status : wrap(comm, out);
}

static int split_by_node(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out) {
    int rank;
    int status = mpi.Comm_rank(communicator->comm, &rank);
    if (status != 0) return status;
    handle comm;
    status = mpi.Comm_split_type(communicator->comm, MDL_COMM_TYPE_SHARED, rank, constants.no_info, &comm);
    return status != 0 ? status : wrap(comm, out);
}

static int duplicate(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out) {
    handle comm;
    const int status = mpi.Comm_dup(communicator->comm, &comm);
    return status != 0 ? status : wrap(comm, out);
}

// A free slot; NULL when there is no memory.
static handle *slot(mdl_mpi_communicator *communicator, int *request) {
    for (int index = 0; index < communicator->capacity; index++) {
        if (communicator->requests[index] == constants.no_request) {
            *request = index;
            return &communicator->requests[index];
        }
    }
    const int old = communicator->capacity;
    const int capacity = old == 0 ? 16 : 2 * old;
    handle *requests = realloc(communicator->requests, (size_t)capacity * sizeof *requests);
    if (requests == NULL) return NULL;
    for (int index = old; index < capacity; index++) requests[index] = constants.no_request;
    communicator->requests = requests;
    communicator->capacity = capacity;
    *request = old;
    return &requests[old];
}

static int start_barrier(mdl_mpi_communicator *communicator, int *request) {
    handle *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory : mpi.Ibarrier(communicator->comm, started);
}

static int start_broadcast(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int root, int *request) {
    handle *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : mpi.Ibcast(bytes, count, constants.byte, root, communicator->comm, started);
}

static int start_all_to_all(mdl_mpi_communicator *communicator, const void *send, const int32_t *send_counts,
                            const int32_t *send_offsets, void *receive, const int32_t *receive_counts,
                            const int32_t *receive_offsets, int *request) {
    handle *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : mpi.Ialltoallv(send, send_counts, send_offsets, constants.byte, receive, receive_counts,
                                            receive_offsets, constants.byte, communicator->comm, started);
}

static int start_all_gather(mdl_mpi_communicator *communicator, const void *send, void *receive,
                            const int32_t *counts, const int32_t *offsets, int *request) {
    int rank;
    const int status = mpi.Comm_rank(communicator->comm, &rank);
    if (status != 0) return status;
    handle *started = slot(communicator, request);
    if (started == NULL) return mdl_mpi_no_memory;
    return mpi.Iallgatherv(send == NULL ? MDL_IN_PLACE : send, counts[rank], constants.byte, receive, counts, offsets,
                           constants.byte, communicator->comm, started);
}

static int start_send(mdl_mpi_communicator *communicator, const void *bytes, int32_t count, int rank, int tag,
                      int *request) {
    handle *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : mpi.Isend(bytes, count, constants.byte, rank, tag, communicator->comm, started);
}

static int start_receive(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int rank, int tag,
                         int *request) {
    handle *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : mpi.Irecv(bytes, count, constants.byte, rank, tag, communicator->comm, started);
}

static int start_all_reduce(mdl_mpi_communicator *communicator, void *values, int32_t count, mdl_mpi_element element,
                            int *request) {
    const handle type = element == mdl_mpi_float32 ? constants.float32 : constants.int64;
    handle *started = slot(communicator, request);
    return started == NULL ? mdl_mpi_no_memory
                           : mpi.Iallreduce(MDL_IN_PLACE, values, count, type, constants.sum, communicator->comm,
                                            started);
}

static int test(mdl_mpi_communicator *communicator, int request, int *done) {
    return mpi.Test(&communicator->requests[request], done, MDL_STATUS_IGNORE);
}

const struct mdl_mpi_interface MDL_INTERFACE = {
    .load = load,
    .error_text = error_text,
    .version = version,
    .initialize = initialize,
    .finalize = finalize,
    .world = world,
    .rank = comm_rank,
    .size = comm_size,
    .abort = comm_abort,
    .split = split,
    .split_by_node = split_by_node,
    .duplicate = duplicate,
    .start_barrier = start_barrier,
    .start_broadcast = start_broadcast,
    .start_all_to_all = start_all_to_all,
    .start_all_gather = start_all_gather,
    .start_send = start_send,
    .start_receive = start_receive,
    .start_all_reduce = start_all_reduce,
    .test = test,
};
