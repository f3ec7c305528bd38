// Says which input a program was at when it crashed or hung, whatever ended it.
#pragma once

#include <stdint.h>

// From now on a fatal signal, a sanitizer's report, or an input that takes more than `seconds` of processor time writes
// one line with `name` and the number of the input to standard error; the latter two end the program, with status 4.
// `name` must stay.
void mdl_fuzz_watch(const char *name, int32_t seconds);

// The input that is read next.
void mdl_fuzz_begin(int64_t number);

// Limits the memory that the program may map. Returns 0 where a sanitizer, which maps all of it, forbids that.
int32_t mdl_fuzz_limit_memory(int64_t bytes);
