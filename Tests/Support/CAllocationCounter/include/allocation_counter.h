// Counts the allocations of chosen threads.
//
// A program that links this has its own malloc and its kin, which pass everything on to the C library's, so that no
// allocation of C, Swift or the libraries escapes.
#pragma once

#include <stdint.h>

// Calls up every worker of a thread pool, to begin or to end counting its allocations.
typedef struct mdl_roll_call {
    int32_t workers;
    int32_t counted;   // 1 to begin, 0 to end
    int32_t present;   // 0 at first
} mdl_roll_call;

// A kernel over an `mdl_roll_call`. An item waits until all workers have come, so that a step of as many items as there
// are workers reaches each of them.
void mdl_answer_roll_call(const void *roll_call, int32_t item, int32_t worker);

// The same, but each worker allocates once, to show that it is counted.
void mdl_answer_roll_call_allocating(const void *roll_call, int32_t item, int32_t worker);

// Allocations by counted threads since the program began.
int64_t mdl_allocations(void);

// Begins (1) or ends (0) counting the allocations of the calling thread.
void mdl_count_allocations(int32_t counted);

// The bytes of the largest allocation by counted threads since this was last asked; 0 where a sanitizer allocates.
int64_t mdl_take_largest_allocation(void);
