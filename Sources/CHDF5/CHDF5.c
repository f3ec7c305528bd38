#include "CHDF5.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is used of libhdf5's interface, which has been the same since version 1.10: "HDF5 C Reference Manual", The HDF
// Group. Declared here, so that nothing is needed to build.
typedef int64_t hid_t;
typedef int herr_t;
typedef int htri_t;
typedef uint64_t hsize_t;
typedef herr_t (*link_callback)(
    const char *, const char *, const char *, const char *, unsigned *, hid_t, void *);

enum {
    h5_default = 0,         // H5P_DEFAULT, H5S_ALL
    h5_read_only = 0,       // H5F_ACC_RDONLY
    h5_by_name = 0,         // H5_INDEX_NAME
    h5_increasing = 0,      // H5_ITER_INC
    h5_select_set = 0,      // H5S_SELECT_SET
    h5_integer = 0,         // H5T_INTEGER
    h5_float = 1,           // H5T_FLOAT
    h5_enumeration = 8,     // H5T_ENUM
    h5_virtual = 3,         // H5D_VIRTUAL
    h5_link_external = 64,  // H5L_TYPE_EXTERNAL
    h5_object_dataset = 5,  // H5I_DATASET
};

#define FUNCTIONS(F)                                                                                                  \
    F(herr_t, H5open, (void))                                                                                         \
    F(herr_t, H5get_libversion, (unsigned *, unsigned *, unsigned *))                                                 \
    F(herr_t, H5Eset_auto2, (hid_t, void *, void *))                                                                  \
    F(herr_t, H5PLset_loading_state, (unsigned))                                                                      \
    F(hid_t, H5Fopen, (const char *, unsigned, hid_t))                                                                \
    F(herr_t, H5Fclose, (hid_t))                                                                                      \
    F(hid_t, H5Pcreate, (hid_t))                                                                                      \
    F(herr_t, H5Pclose, (hid_t))                                                                                      \
    F(herr_t, H5Pset_elink_cb, (hid_t, link_callback, void *))                                                        \
    F(herr_t, H5Pset_chunk_cache, (hid_t, size_t, size_t, double))                                                    \
    F(hid_t, H5Oopen, (hid_t, const char *, hid_t))                                                                   \
    F(herr_t, H5Oclose, (hid_t))                                                                                      \
    F(int, H5Iget_type, (hid_t))                                                                                      \
    F(ssize_t, H5Lget_name_by_idx, (hid_t, const char *, int, int, hsize_t, char *, size_t, hid_t))                   \
    F(hid_t, H5Dopen2, (hid_t, const char *, hid_t))                                                                  \
    F(herr_t, H5Dclose, (hid_t))                                                                                      \
    F(hid_t, H5Dget_space, (hid_t))                                                                                   \
    F(hid_t, H5Dget_type, (hid_t))                                                                                    \
    F(hid_t, H5Dget_create_plist, (hid_t))                                                                            \
    F(int, H5Pget_external_count, (hid_t))                                                                            \
    F(int, H5Pget_layout, (hid_t))                                                                                    \
    F(int, H5Pget_nfilters, (hid_t))                                                                                  \
    F(int, H5Pget_filter2, (hid_t, unsigned, unsigned *, size_t *, unsigned *, size_t, char *, unsigned *))           \
    F(htri_t, H5Zfilter_avail, (int))                                                                                 \
    F(int, H5Tget_class, (hid_t))                                                                                     \
    F(size_t, H5Tget_size, (hid_t))                                                                                   \
    F(herr_t, H5Tclose, (hid_t))                                                                                      \
    F(hid_t, H5Screate_simple, (int, const hsize_t *, const hsize_t *))                                               \
    F(int, H5Sget_simple_extent_ndims, (hid_t))                                                                       \
    F(int, H5Sget_simple_extent_dims, (hid_t, hsize_t *, hsize_t *))                                                  \
    F(herr_t, H5Sselect_hyperslab,                                                                                    \
      (hid_t, int, const hsize_t *, const hsize_t *, const hsize_t *, const hsize_t *))                               \
    F(herr_t, H5Sclose, (hid_t))                                                                                      \
    F(herr_t, H5Dread, (hid_t, hid_t, hid_t, hid_t, hid_t, void *))

#define DECLARE(result, name, arguments) result(*name) arguments;
static struct {
    FUNCTIONS(DECLARE)
    hid_t link_access, dataset_access, native_float;
} h5;

struct chdf5_array {
    hid_t file, dataset, space, link_access;
    int rank;
    int is_boolean;
};

static int is_open;
static char failure[256];

// Debian's name for the library without MPI first; the numbers are those of 1.10, 1.12, 1.14 and after.
static const char *const names[] = {
    "libhdf5_serial.so.103", "libhdf5_serial.so.310", "libhdf5_serial.so.320", "libhdf5.so.103", "libhdf5.so.200",
    "libhdf5.so.310", "libhdf5.so.320", "libhdf5_serial.so", "libhdf5.so",
};

static int fail(const char *reason) {
    snprintf(failure, sizeof failure, "%s", reason ? reason : "no reason was given");
    return -1;
}

static int open_library(void) {
    if (is_open) return 0;
    // A folder that may only be read has no locks.
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    void *library = NULL;
    for (size_t index = 0; !library && index < sizeof names / sizeof *names; index++) {
        library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    }
    if (!library) return fail("libhdf5.so: it is not installed where the loader looks");
#define FIND(result, name, arguments)                                                                                 \
    h5.name = (result(*) arguments)dlsym(library, #name);                                                             \
    if (!h5.name) return fail(dlerror());
    FUNCTIONS(FIND)
    unsigned version[3] = {0, 0, 0};
    h5.H5get_libversion(&version[0], &version[1], &version[2]);
    if (version[0] < 1 || (version[0] == 1 && version[1] < 10)) {
        snprintf(failure, sizeof failure, "it is version %u.%u", version[0], version[1]);
        return -1;
    }
    if (h5.H5open() < 0) return fail("the library does not start");
    hid_t *links = dlsym(library, "H5P_CLS_LINK_ACCESS_ID_g");
    hid_t *datasets = dlsym(library, "H5P_CLS_DATASET_ACCESS_ID_g");
    hid_t *floats = dlsym(library, "H5T_NATIVE_FLOAT_g");
    if (!links || !datasets || !floats) return fail(dlerror());
    h5.link_access = *links;
    h5.dataset_access = *datasets;
    h5.native_float = *floats;
    h5.H5Eset_auto2(0, NULL, NULL);
    h5.H5PLset_loading_state(0);
    is_open = 1;
    return 0;
}

static int32_t answer(int32_t status, const char *reason, char *text, size_t capacity) {
    if (capacity > 0) snprintf(text, capacity, "%s", reason);
    return status;
}

// Called where a way leads to another file; refuses it.
static herr_t refuse_link(
    const char *parent_file, const char *parent_group, const char *file, const char *object, unsigned *flags,
    hid_t access, void *data) {
    (void)parent_file, (void)parent_group, (void)file, (void)object, (void)flags, (void)access;
    *(int *)data = 1;
    return -1;
}

// The names at the top of a file, but for those that MATLAB keeps for itself.
static void list(hid_t file, char *text, size_t capacity) {
    size_t used = 0;
    if (capacity > 0) text[0] = 0;
    for (hsize_t index = 0; index < 64; index++) {
        char name[64];
        ssize_t length =
            h5.H5Lget_name_by_idx(file, ".", h5_by_name, h5_increasing, index, name, sizeof name, h5_default);
        if (length <= 0) return;
        if (name[0] == '#') continue;
        int added = snprintf(text + used, capacity - used, "%s%s", used ? ", " : "", name);
        if (added < 0 || used + (size_t)added >= capacity) return;
        used += (size_t)added;
    }
}

static int is_dataset(hid_t file, const char *name, hid_t links) {
    hid_t object = h5.H5Oopen(file, name, links);
    if (object < 0) return 0;
    int type = h5.H5Iget_type(object);
    h5.H5Oclose(object);
    return type == h5_object_dataset;
}

// The name of the only array at the top; 0 where there is none or more than one.
static int only_name(hid_t file, hid_t links, char *name, size_t capacity) {
    int found = 0;
    for (hsize_t index = 0; index < 1024; index++) {
        char candidate[256];
        ssize_t length = h5.H5Lget_name_by_idx(
            file, ".", h5_by_name, h5_increasing, index, candidate, sizeof candidate, h5_default);
        if (length <= 0) break;
        if (candidate[0] == '#' || !is_dataset(file, candidate, links)) continue;
        if (found++) return 0;
        snprintf(name, capacity, "%s", candidate);
    }
    return found;
}

// Whether all that the values went through is read here.
static int32_t check_storage(hid_t dataset, char *text, size_t capacity) {
    hid_t creation = h5.H5Dget_create_plist(dataset);
    if (creation < 0) return answer(CHDF5_DAMAGED, "it does not say how its values lie", text, capacity);
    int32_t status = CHDF5_OK;
    if (h5.H5Pget_external_count(creation) != 0 || h5.H5Pget_layout(creation) == h5_virtual) {
        status = answer(CHDF5_EXTERNAL_STORAGE, "", text, capacity);
    }
    int filters = h5.H5Pget_nfilters(creation);
    if (status == CHDF5_OK && filters < 0) status = answer(CHDF5_DAMAGED, "it does not name its filters", text, capacity);
    for (int index = 0; status == CHDF5_OK && index < filters; index++) {
        char name[64] = "";
        unsigned flags = 0, config = 0;
        size_t values = 0;
        int filter =
            h5.H5Pget_filter2(creation, (unsigned)index, &flags, &values, NULL, sizeof name, name, &config);
        // Deflate, shuffle and Fletcher's checksum; LZF is h5py's.
        int is_known = filter == 1 || filter == 2 || filter == 3 || filter == 32000;
        if (is_known && h5.H5Zfilter_avail(filter) > 0) continue;
        char said[96];
        snprintf(said, sizeof said, "%s (filter %d)", name[0] ? name : "one without a name", filter);
        status = answer(CHDF5_FILTER, said, text, capacity);
    }
    h5.H5Pclose(creation);
    return status;
}

static int32_t examine(struct chdf5_array *array, struct chdf5_shape *shape, char *text, size_t capacity) {
    int32_t status = check_storage(array->dataset, text, capacity);
    if (status != CHDF5_OK) return status;
    hid_t type = h5.H5Dget_type(array->dataset);
    int class = h5.H5Tget_class(type);
    // h5py writes true and false as an enumeration of one byte.
    array->is_boolean = class == h5_enumeration && h5.H5Tget_size(type) == 1;
    h5.H5Tclose(type);
    if (class != h5_integer && class != h5_float && !array->is_boolean) {
        return answer(CHDF5_NO_NUMBERS, "its values are no numbers", text, capacity);
    }
    array->space = h5.H5Dget_space(array->dataset);
    array->rank = h5.H5Sget_simple_extent_ndims(array->space);
    if (array->rank < 1 || array->rank > CHDF5_RANKS) {
        return answer(CHDF5_NO_NUMBERS, "it has no dimension, or too many", text, capacity);
    }
    shape->rank = array->rank;
    shape->kind = array->is_boolean ? CHDF5_BOOLEAN : class == h5_float ? CHDF5_FLOAT : CHDF5_INTEGER;
    h5.H5Sget_simple_extent_dims(array->space, shape->sizes, NULL);
    return CHDF5_OK;
}

int32_t chdf5_open(
    const char *path, const char *name, struct chdf5_array **result, struct chdf5_shape *shape, char *text,
    size_t capacity) {
    *result = NULL;
    if (open_library() != 0) return answer(CHDF5_NO_LIBRARY, failure, text, capacity);
    struct chdf5_array *array = calloc(1, sizeof *array);
    if (!array) return answer(CHDF5_DAMAGED, "memory ran out", text, capacity);
    array->file = array->dataset = array->space = array->link_access = -1;
    int is_external = 0;
    int32_t status = CHDF5_OK;
    char only[256] = "";
    array->link_access = h5.H5Pcreate(h5.link_access);
    h5.H5Pset_elink_cb(array->link_access, refuse_link, &is_external);
    array->file = h5.H5Fopen(path, h5_read_only, h5_default);
    if (array->file < 0) {
        status = answer(CHDF5_NO_FILE, "", text, capacity);
    } else if (!name[0] && !only_name(array->file, array->link_access, only, sizeof only)) {
        list(array->file, text, capacity);
        status = CHDF5_NO_ARRAY;
    } else {
        const char *meant = name[0] ? name : only;
        is_external = 0;
        if (!is_dataset(array->file, meant, array->link_access)) {
            list(array->file, text, capacity);
            status = is_external ? CHDF5_EXTERNAL_LINK : CHDF5_NO_ARRAY;
        } else {
            // Room for the chunks of some maps, so that neighbours in one need not be unpacked again.
            hid_t access = h5.H5Pcreate(h5.dataset_access);
            h5.H5Pset_elink_cb(access, refuse_link, &is_external);
            h5.H5Pset_chunk_cache(access, 12421, 32 << 20, 0.75);
            array->dataset = h5.H5Dopen2(array->file, meant, access);
            h5.H5Pclose(access);
            status = array->dataset < 0 ? answer(CHDF5_DAMAGED, "it cannot be opened", text, capacity)
                                        : examine(array, shape, text, capacity);
        }
    }
    if (status == CHDF5_OK) {
        *result = array;
    } else {
        chdf5_close(array);
    }
    return status;
}

int32_t chdf5_read(
    struct chdf5_array *array, const uint64_t *starts, const uint64_t *counts, float *values, char *text,
    size_t capacity) {
    hid_t block = h5.H5Screate_simple(array->rank, counts, NULL);
    int32_t status = CHDF5_OK;
    size_t count = 1;
    for (int axis = 0; axis < array->rank; axis++) count *= (size_t)counts[axis];
    if (h5.H5Sselect_hyperslab(array->space, h5_select_set, starts, NULL, counts, NULL) < 0) {
        status = answer(CHDF5_DAMAGED, "it has no such block", text, capacity);
    } else if (array->is_boolean) {
        // An enumeration is not converted to numbers: its bytes are read as they are.
        signed char *bytes = malloc(count ? count : 1);
        hid_t type = h5.H5Dget_type(array->dataset);
        if (!bytes || h5.H5Dread(array->dataset, type, block, array->space, h5_default, bytes) < 0) {
            status = answer(CHDF5_DAMAGED, "its values are damaged or cut short", text, capacity);
        } else {
            for (size_t index = 0; index < count; index++) values[index] = bytes[index] ? 1 : 0;
        }
        h5.H5Tclose(type);
        free(bytes);
    } else if (h5.H5Dread(array->dataset, h5.native_float, block, array->space, h5_default, values) < 0) {
        status = answer(CHDF5_DAMAGED, "its values are damaged or cut short", text, capacity);
    }
    h5.H5Sclose(block);
    return status;
}

void chdf5_close(struct chdf5_array *array) {
    if (!array) return;
    if (array->space >= 0) h5.H5Sclose(array->space);
    if (array->dataset >= 0) h5.H5Dclose(array->dataset);
    if (array->file >= 0) h5.H5Fclose(array->file);
    if (array->link_access >= 0) h5.H5Pclose(array->link_access);
    free(array);
}
