// Arrays of numbers in HDF5 files, over libhdf5, which is opened when it is first needed: a large parser, in a process of
// its own (Datasets' HDF5Server), that few runs need.
//
// Nothing is printed. External links, arrays whose values lie in other files, and filters other than those that every
// libhdf5 has (deflate, shuffle, Fletcher's checksum, and LZF where it is built in) are refused; no plugin is loaded.
#pragma once

#include "CHDF5Process.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CHDF5_RANKS = 8 };

/// What a function returns.
enum chdf5_status {
    CHDF5_OK = 0,
    /// The library cannot be opened; `text` is the loader's message, or the library's version.
    CHDF5_NO_LIBRARY = 1,
    /// The file cannot be opened: it is no HDF5 file, damaged or cut short.
    CHDF5_NO_FILE = 2,
    /// There is no such array; `text` is what there is, names with commas between them.
    CHDF5_NO_ARRAY = 3,
    /// The way to the array leads through an external link.
    CHDF5_EXTERNAL_LINK = 4,
    /// The array's values lie in other files.
    CHDF5_EXTERNAL_STORAGE = 5,
    /// The array is compressed by a filter that is not read; `text` is its name or number.
    CHDF5_FILTER = 6,
    /// The array holds no numbers, or has no dimension or more than CHDF5_RANKS.
    CHDF5_NO_NUMBERS = 7,
    /// The values cannot be read; `text` is the library's reason.
    CHDF5_DAMAGED = 8,
};

enum chdf5_kind { CHDF5_BOOLEAN = 0, CHDF5_INTEGER = 1, CHDF5_FLOAT = 2 };

struct chdf5_array;

struct chdf5_shape {
    int32_t rank;
    enum chdf5_kind kind;
    /// The last dimension is the one that changes fastest.
    uint64_t sizes[CHDF5_RANKS];
};

/// Opens an array; close it where this returns CHDF5_OK.
///
/// - name: the path of the array in the file, or "" for the only one at its top.
/// - text: gets a part of a sentence, ended by a zero.
int32_t chdf5_open(
    const char *path, const char *name, struct chdf5_array **array, struct chdf5_shape *shape, char *text,
    size_t capacity);

/// Reads a block of the array as float32, the last dimension fastest.
///
/// - starts, counts: of every dimension; the block lies within the array, and `values` has room for it.
int32_t chdf5_read(
    struct chdf5_array *array, const uint64_t *starts, const uint64_t *counts, float *values, char *text,
    size_t capacity);

/// - array: may be NULL.
void chdf5_close(struct chdf5_array *array);

#ifdef __cplusplus
}
#endif
