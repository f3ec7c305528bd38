// MPI behind a few functions: opaque handles in, an int status out, nothing fatal inside.
//
// The library is opened when the program runs, and nothing of it is needed to build: one program runs under any MPI whose
// binary interface is one of three. These are Open MPI's (libmpi.so.40), that of MPICH, which Intel, Cray, MVAPICH and
// ParaStation share (libmpi.so.12), and the one of the standard since MPI 5.0 (libmpi_abi.so). Each is a file that gives
// functions.h its constants.
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
    mdl_mpi_not_opened = -3,
    mdl_mpi_unknown_interface = -4,
};

typedef enum mdl_mpi_element {
    mdl_mpi_float32 = 0,
    mdl_mpi_int64 = 1,
} mdl_mpi_element;

// Opens a library, by its path or by a name that the loader knows; once per process, before all else.
// mdl_mpi_not_opened and mdl_mpi_unknown_interface: text[capacity] says why, or what the library calls itself.
int mdl_mpi_open(const char *library, char *text, int capacity);
// Writes the path of the library that was opened.
void mdl_mpi_path(char *text, int capacity);

// Writes what `code` means, in one line, into text[capacity].
void mdl_mpi_error_text(int code, char *text, int capacity);
// The library's name and version, in one line. May be asked before mdl_mpi_initialize.
int mdl_mpi_version(char *text, int capacity);

// Joins the job that a launcher started, or begins one of this process alone. *level, where it is not NULL, is how threads
// may call the library: 0 one thread, 1 the first, 2 one at a time, 3 any. mdl_mpi_no_threads: below 2.
int mdl_mpi_initialize(int *level);
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
// To or from one rank; messages of two ranks with the same tag arrive in the order in which they were sent.
int mdl_mpi_start_send(mdl_mpi_communicator *communicator, const void *bytes, int32_t count, int rank, int tag,
                       int *request);
int mdl_mpi_start_receive(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int rank, int tag,
                          int *request);
// Sums in place.
int mdl_mpi_start_all_reduce(mdl_mpi_communicator *communicator, void *values, int32_t count, mdl_mpi_element element,
                             int *request);
int mdl_mpi_test(mdl_mpi_communicator *communicator, int request, int *done);
