#define _GNU_SOURCE
#include "CSharedMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int map(int descriptor, int64_t bytes, int protection, void **base) {
    void *mapped = mmap(NULL, (size_t)bytes, protection, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) return errno;
    *base = mapped;
    return 0;
}

int mdl_shared_create(const char *name, int64_t bytes, void **base) {
    const int descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return errno;
    int status = posix_fallocate(descriptor, 0, bytes);
    if (status == 0) status = map(descriptor, bytes, PROT_READ | PROT_WRITE, base);
    close(descriptor);
    if (status != 0) shm_unlink(name);
    return status;
}

int mdl_shared_open(const char *name, int64_t bytes, int writable, void **base) {
    const int descriptor = shm_open(name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0);
    if (descriptor < 0) return errno;
    const int status = map(descriptor, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, base);
    close(descriptor);
    return status;
}

int mdl_shared_unlink(const char *name) { return shm_unlink(name) == 0 ? 0 : errno; }

int mdl_shared_unmap(void *base, int64_t bytes) { return munmap(base, (size_t)bytes) == 0 ? 0 : errno; }

int mdl_shared_protect(void *base, int64_t bytes) { return mprotect(base, (size_t)bytes, PROT_READ) == 0 ? 0 : errno; }

uint32_t mdl_load_acquire(const uint32_t *number) { return __atomic_load_n(number, __ATOMIC_ACQUIRE); }

void mdl_store_release(uint32_t *number, uint32_t value) { __atomic_store_n(number, value, __ATOMIC_RELEASE); }

void mdl_relax(void) { sched_yield(); }

void mdl_sleep(int64_t nanoseconds) {
    const struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    nanosleep(&time, NULL);
}

void mdl_allow_short_sleeps(void) { prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL); }
