#include "allocation_counter.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

// In the executable itself these live beside the thread's stack: reaching them allocates nothing.
static _Thread_local int is_counted;
static int64_t allocations;
static int64_t largest;

void mdl_count_allocations(int32_t counted) { is_counted = counted; }

int64_t mdl_take_largest_allocation(void) { return __atomic_exchange_n(&largest, 0, __ATOMIC_SEQ_CST); }

int64_t mdl_allocations(void) { return __atomic_load_n(&allocations, __ATOMIC_SEQ_CST); }

void mdl_answer_roll_call(const void *roll_call, int32_t item, int32_t worker) {
    (void)item;
    (void)worker;
    mdl_roll_call *call = (mdl_roll_call *)roll_call;
    is_counted = call->counted;
    __atomic_fetch_add(&call->present, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&call->present, __ATOMIC_SEQ_CST) < call->workers) sched_yield();
}

void mdl_answer_roll_call_allocating(const void *roll_call, int32_t item, int32_t worker) {
    mdl_answer_roll_call(roll_call, item, worker);
    // Volatile, or the compiler leaves out a pair that has no effect.
    void *volatile memory = malloc(16);
    free(memory);
}

// Address sanitizer has an allocator of its own, which must not be replaced.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
// The C library's own, under the names that it keeps for replacements like these. What they return may be given to
// the C library's free, which is left alone.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void count(size_t size) {
    if (!is_counted) return;
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
    int64_t before = __atomic_load_n(&largest, __ATOMIC_RELAXED);
    while ((int64_t)size > before &&
           !__atomic_compare_exchange_n(&largest, &before, (int64_t)size, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    count(size);
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count(size);
    void *pointer = __libc_memalign(alignment, size);
    if (pointer == NULL) return ENOMEM;
    *result = pointer;
    return 0;
}
#endif
