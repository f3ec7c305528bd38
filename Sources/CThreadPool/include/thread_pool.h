// A fixed team of threads that runs numbered pieces of work.
//
// Work is described by a plain function and a pointer to its arguments, so that a training step is a table of
// steps in C memory: nothing is allocated, retained or released while it runs.
#pragma once

#include <stdint.h>

// Computes piece `item` of the work that `arguments` describe. `worker` is 0 ..< threads and selects scratch memory;
// results must depend on `item` alone, because which worker takes which item is not determined.
typedef void (*mdl_kernel)(const void *arguments, int32_t item, int32_t worker);

// One parallel loop over `items` pieces.
typedef struct mdl_step {
    mdl_kernel kernel;
    const void *arguments;
    int32_t items;
    // Free for the caller (the graph stores which node the step computes).
    int32_t tag;
} mdl_step;

typedef struct mdl_thread_pool mdl_thread_pool;

// A pool of `threads` workers, the caller of `mdl_thread_pool_run` being worker 0. Where `processors` is not NULL it
// names one processor per worker to pin to; worker 0, the caller, is left free, because
// threads that it makes later (those that read data) would inherit its place. NULL when threads cannot be made.
mdl_thread_pool *mdl_thread_pool_create(int32_t threads, const int32_t *processors);

// Keeps the calling thread, and those that it makes later, on these processors. 0 or an errno.
int mdl_thread_bind(const int32_t *processors, int32_t count);

void mdl_thread_pool_destroy(mdl_thread_pool *pool);

// Runs the steps in order; each is complete, and its writes visible to all workers, before the next begins.
// Where `nanoseconds` is not NULL it receives the duration of each step.
void mdl_thread_pool_run(mdl_thread_pool *pool, const mdl_step *steps, int32_t count,
                         int64_t *nanoseconds);
