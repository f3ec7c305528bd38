// Vectors as wide as a register. The including file defines
//   MDL_NAME(name)   the name with the instruction set's suffix
//   MDL_LANES        floats in a vector
//   MDL_VECTORS      vectors in a panel of channels
//   MDL_TILE         pixels (or input channels) in a register tile; MDL_TILE * MDL_VECTORS accumulators
//   MDL_FMA(a, b, c) a * b + c on vectors

// Before a loop over a register tile: clang unrolls long ones only when told to, and an array that is indexed by a
// loop lives in memory instead of registers.
#define MDL_UNROLLED _Pragma("clang loop unroll(full)")

typedef float vec __attribute__((ext_vector_type(MDL_LANES)));
enum { panel_width = MDL_LANES * MDL_VECTORS };

static inline __attribute__((always_inline)) vec load(const float *p) {
    vec v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline __attribute__((always_inline)) void store(float *p, vec v) { __builtin_memcpy(p, &v, sizeof v); }

static inline __attribute__((always_inline)) void store_lanes(float *p, vec v, int lanes) {
    if (lanes >= MDL_LANES) {
        store(p, v);
        return;
    }
    float all[MDL_LANES];
    store(all, v);
    for (int lane = 0; lane < lanes; lane++) p[lane] = all[lane];
}

static inline __attribute__((always_inline)) vec load_lanes(const float *p, int lanes) {
    if (lanes >= MDL_LANES) return load(p);
    float all[MDL_LANES] = {0};
    for (int lane = 0; lane < lanes; lane++) all[lane] = p[lane];
    return load(all);
}
