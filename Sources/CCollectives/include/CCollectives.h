// MPI behind a few functions: opaque handles in, an int status out, nothing fatal inside.
//
// Every function returns 0 or an error code, which mdl_mpi_error_text turns into a sentence. Errors of MPI have MPI's
// own positive codes; those below 0 are ours. All communicators return errors instead of ending the job. One thread at a
// time may be inside (MPI_THREAD_SERIALIZED).
//
// An operation that was started is a small number; its buffers and the arrays of counts must stay as they are until
// mdl_mpi_test says that it is done, which also forgets the number.
#pragma once

#include <stdint.h>

typedef struct mdl_mpi_communicator mdl_mpi_communicator;

enum {
    mdl_mpi_no_memory = -1,
    mdl_mpi_no_threads = -2,
};

typedef enum mdl_mpi_element {
    mdl_mpi_float32 = 0,
    mdl_mpi_int64 = 1,
} mdl_mpi_element;

// Writes what `code` means, in one line, into text[capacity].
void mdl_mpi_error_text(int code, char *text, int capacity);
// The library's name and version, in one line.
int mdl_mpi_version(char *text, int capacity);

// Joins the job that a launcher started. mdl_mpi_no_threads: the library was built without support for threads.
int mdl_mpi_initialize(void);
int mdl_mpi_finalize(void);
// All processes of the job.
int mdl_mpi_world(mdl_mpi_communicator **out);

int mdl_mpi_rank(const mdl_mpi_communicator *communicator, int *rank);
int mdl_mpi_size(const mdl_mpi_communicator *communicator, int *size);
// Ends all processes of the job. Does not return where MPI can help it.
void mdl_mpi_abort(mdl_mpi_communicator *communicator, int exit_code);

// The processes with the same `color`, in the order of `key`.
int mdl_mpi_split(mdl_mpi_communicator *communicator, int color, int key, mdl_mpi_communicator **out);
// The processes that can share memory with this one, in the order of their ranks.
int mdl_mpi_split_by_node(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out);
// The same processes, whose messages never meet those of the original.
int mdl_mpi_duplicate(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out);

int mdl_mpi_start_barrier(mdl_mpi_communicator *communicator, int *request);
int mdl_mpi_start_broadcast(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int root, int *request);
// Counts and offsets are in bytes, one per rank.
int mdl_mpi_start_all_to_all(mdl_mpi_communicator *communicator, const void *send, const int32_t *send_counts,
                             const int32_t *send_offsets, void *receive, const int32_t *receive_counts,
                             const int32_t *receive_offsets, int *request);
// `send` NULL: this rank's bytes already lie in their place in `receive`.
int mdl_mpi_start_all_gather(mdl_mpi_communicator *communicator, const void *send, void *receive,
                             const int32_t *counts, const int32_t *offsets, int *request);
// Sums in place.
int mdl_mpi_start_all_reduce(mdl_mpi_communicator *communicator, void *values, int32_t count, mdl_mpi_element element,
                             int *request);
int mdl_mpi_test(mdl_mpi_communicator *communicator, int request, int *done);
