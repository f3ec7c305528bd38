// For dladdr.
#define _GNU_SOURCE

#include "CCollectives.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "interfaces.h"

// More than any library's MPI_MAX_LIBRARY_VERSION_STRING and MPI_MAX_ERROR_STRING.
enum { longest_text = 16384 };

// Of the library that was opened.
static const struct mdl_mpi_interface *mpi;
static char path[4096];

// MPI's texts end in line feeds here and there.
static void keep_one_line(char *text) {
    for (char *c = text; *c != 0; c++) {
        if (*c == '\n' || *c == '\r' || *c == '\t') *c = ' ';
    }
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--) text[length - 1] = 0;
}

// By what only Open MPI has, then by the name that the standard prescribes; the rest is asked what it is.
static const struct mdl_mpi_interface *interface_of(void *library, const char *name) {
    if (dlsym(library, "ompi_mpi_comm_world") != NULL) return &mdl_mpi_openmpi;
    if (strstr(name, "libmpi_abi") != NULL) return &mdl_mpi_standard;
    int (*version)(char *, int *);
    *(void **)&version = dlsym(library, "MPI_Get_library_version");
    char text[longest_text] = "";
    int length = 0;
    if (version == NULL || version(text, &length) != 0) return NULL;
    static const char *const families[] = {"MPICH", "Intel(R) MPI", "MVAPICH", "ParaStation"};
    for (size_t index = 0; index < sizeof families / sizeof *families; index++) {
        if (strstr(text, families[index]) != NULL) return &mdl_mpi_mpich;
    }
    return NULL;
}

int mdl_mpi_open(const char *library, char *text, int capacity) {
    // Open MPI's plug-ins look for its functions among all that are loaded.
    void *opened = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
    if (opened == NULL) {
        const char *why = dlerror();
        snprintf(text, (size_t)capacity, "%s", why == NULL ? library : why);
        keep_one_line(text);
        return mdl_mpi_not_opened;
    }
    void *known = dlsym(opened, "MPI_Init_thread");
    Dl_info place;
    snprintf(path, sizeof path, "%s", known != NULL && dladdr(known, &place) != 0 ? place.dli_fname : library);
    const char *name = strrchr(path, '/');
    const struct mdl_mpi_interface *interface = interface_of(opened, name == NULL ? path : name + 1);
    const char *missing = interface == NULL ? NULL : interface->load(opened);
    if (interface == NULL || missing != NULL) {
        snprintf(text, (size_t)capacity, "%s", missing == NULL ? "its binary interface is not known" : missing);
        dlclose(opened);
        return mdl_mpi_unknown_interface;
    }
    mpi = interface;
    return 0;
}

void mdl_mpi_path(char *text, int capacity) { snprintf(text, (size_t)capacity, "%s", path); }

void mdl_mpi_error_text(int code, char *text, int capacity) {
    if (code == mdl_mpi_no_memory) {
        snprintf(text, (size_t)capacity, "out of memory");
        return;
    }
    if (code == mdl_mpi_no_threads) {
        snprintf(text, (size_t)capacity, "this MPI library was built without support for threads");
        return;
    }
    char full[longest_text];
    int length = 0;
    if (mpi->error_text(code, full, &length) != 0) snprintf(full, sizeof full, "unknown error %d", code);
    snprintf(text, (size_t)capacity, "%s", full);
    keep_one_line(text);
}

int mdl_mpi_version(char *text, int capacity) {
    char full[longest_text];
    int length = 0;
    const int status = mpi->version(full, &length);
    if (status != 0) return status;
    snprintf(text, (size_t)capacity, "%s", full);
    keep_one_line(text);
    return 0;
}

int mdl_mpi_initialize(int *level) { return mpi->initialize(level); }

int mdl_mpi_finalize(void) { return mpi->finalize(); }

int mdl_mpi_world(mdl_mpi_communicator **out) { return mpi->world(out); }

int mdl_mpi_rank(const mdl_mpi_communicator *communicator, int *rank) { return mpi->rank(communicator, rank); }

int mdl_mpi_size(const mdl_mpi_communicator *communicator, int *size) { return mpi->size(communicator, size); }

void mdl_mpi_abort(mdl_mpi_communicator *communicator, int exit_code) { mpi->abort(communicator, exit_code); }

int mdl_mpi_split(mdl_mpi_communicator *communicator, int color, int key, mdl_mpi_communicator **out) {
    return mpi->split(communicator, color, key, out);
}

int mdl_mpi_split_by_node(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out) {
    return mpi->split_by_node(communicator, out);
}

int mdl_mpi_duplicate(mdl_mpi_communicator *communicator, mdl_mpi_communicator **out) {
    return mpi->duplicate(communicator, out);
}

int mdl_mpi_start_barrier(mdl_mpi_communicator *communicator, int *request) {
    return mpi->start_barrier(communicator, request);
}

int mdl_mpi_start_broadcast(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int root, int *request) {
    return mpi->start_broadcast(communicator, bytes, count, root, request);
}

int mdl_mpi_start_all_to_all(mdl_mpi_communicator *communicator, const void *send, const int32_t *send_counts,
                             const int32_t *send_offsets, void *receive, const int32_t *receive_counts,
                             const int32_t *receive_offsets, int *request) {
    return mpi->start_all_to_all(communicator, send, send_counts, send_offsets, receive, receive_counts,
                                 receive_offsets, request);
}

int mdl_mpi_start_all_gather(mdl_mpi_communicator *communicator, const void *send, void *receive,
                             const int32_t *counts, const int32_t *offsets, int *request) {
    return mpi->start_all_gather(communicator, send, receive, counts, offsets, request);
}

int mdl_mpi_start_send(mdl_mpi_communicator *communicator, const void *bytes, int32_t count, int rank, int tag,
                       int *request) {
    return mpi->start_send(communicator, bytes, count, rank, tag, request);
}

int mdl_mpi_start_receive(mdl_mpi_communicator *communicator, void *bytes, int32_t count, int rank, int tag,
                          int *request) {
    return mpi->start_receive(communicator, bytes, count, rank, tag, request);
}

int mdl_mpi_start_all_reduce(mdl_mpi_communicator *communicator, void *values, int32_t count, mdl_mpi_element element,
                             int *request) {
    return mpi->start_all_reduce(communicator, values, count, element, request);
}

int mdl_mpi_test(mdl_mpi_communicator *communicator, int request, int *done) {
    return mpi->test(communicator, request, done);
}
