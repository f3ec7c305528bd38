// The table of the references.
#define MDL_NAME(name) name##_scalar
#include "reference.h"
#include "../bodies/table.h"
