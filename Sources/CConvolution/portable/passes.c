// The passes with the vectors that every processor of this architecture has.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MDL_NAME(name) name##_portable
// Groups of 16 channels whose sums are kept in registers.
#define MDL_GROUPS 1

#pragma clang fp contract(off)
// Vectors wider than the registers are only passed to functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#include "../bodies/normalization.h"
#include "../bodies/map.h"
#include "../bodies/loss.h"
#include "../bodies/optimizer.h"
#include "../bodies/parameter.h"

#include "../bodies/table.h"
