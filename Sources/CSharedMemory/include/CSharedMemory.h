// What processes of one node need to work in memory that they share: the memory, numbers in it that one writes and the
// others read, and short waits.
#pragma once

#include <stdint.h>

// Creates the object `name` ("/…") of `bytes` bytes, all of them backed, so that a full /dev/shm is an error here and
// not a fault later, and maps it for reading and writing. Returns 0 or an errno, EEXIST where the name is taken.
int mdl_shared_create(const char *name, int64_t bytes, void **base);
// Maps what another process made; `writable` 0 maps it for reading only. 0 or an errno.
int mdl_shared_open(const char *name, int64_t bytes, int writable, void **base);
// The memory lives on until the last mapping of it is gone.
int mdl_shared_unlink(const char *name);
int mdl_shared_unmap(void *base, int64_t bytes);
// From here on a write through this mapping ends the process with a memory fault. 0 or an errno.
int mdl_shared_protect(void *base, int64_t bytes);

// What was written before a store is seen by who reads the stored value.
uint32_t mdl_load_acquire(const uint32_t *number);
void mdl_store_release(uint32_t *number, uint32_t value);

// Tells the core that this thread only looks at memory, and lets others have it for a moment.
void mdl_relax(void);
void mdl_sleep(int64_t nanoseconds);
// Lets this thread's sleeps be as short as they are asked to be; the system's default adds 50 microseconds.
void mdl_allow_short_sleeps(void);
