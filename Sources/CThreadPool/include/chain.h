// Two loops as one: what the second reads it finds in cache.
#pragma once

#include "thread_pool.h"

// Items [first, end) of a step.
typedef struct mdl_items {
    int32_t first;
    int32_t end;
} mdl_items;

// An item of `next` is computed as soon as all items of `step` are done that write what it reads, by the worker that
// did the last of them. It reads nothing else of what `step` writes.
typedef struct mdl_chain {
    mdl_step step;
    mdl_step next;
    // For each item of `step`, the items of `next` that wait for it.
    const mdl_items *waiting;
    // For each item of `next`, for how many items of `step` it waits: at least one.
    const int32_t *needed;
    // Likewise, for how many it waits still: `needed` before the loop and, as each is put back, after it.
    int32_t *missing;
} mdl_chain;

// The kernel of a chain, with as many items as `step` has. What it computes, `step` and then `next` compute.
void mdl_chain_kernel(const void *chain, int32_t item, int32_t worker);
