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

// The first `lanes` floats, which may be none or all; the others are 0, and neither read nor written in memory.
#if defined(__x86_64__) && MDL_LANES == 16
static inline __attribute__((always_inline)) __mmask16 mask_of_lanes(int lanes) {
    return lanes > 0 ? (__mmask16)((1u << lanes) - 1) : 0;
}

static inline __attribute__((always_inline)) void store_lanes(float *p, vec v, int lanes) {
    if (lanes >= MDL_LANES) store(p, v);
    else _mm512_mask_storeu_ps(p, mask_of_lanes(lanes), v);
}

static inline __attribute__((always_inline)) vec load_lanes(const float *p, int lanes) {
    return lanes >= MDL_LANES ? load(p) : _mm512_maskz_loadu_ps(mask_of_lanes(lanes), p);
}
#elif defined(__x86_64__) && MDL_LANES == 8
static inline __attribute__((always_inline)) __m256i mask_of_lanes(int lanes) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline __attribute__((always_inline)) void store_lanes(float *p, vec v, int lanes) {
    if (lanes >= MDL_LANES) store(p, v);
    else _mm256_maskstore_ps(p, mask_of_lanes(lanes), v);
}

static inline __attribute__((always_inline)) vec load_lanes(const float *p, int lanes) {
    return lanes >= MDL_LANES ? load(p) : _mm256_maskload_ps(p, mask_of_lanes(lanes));
}
#else
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
#endif

// Makes lane j of row i lane i of row j. A round moves the lowest bit of (row, lane) to the top; when all bits of the
// lane have moved, rows and lanes have changed places.
static inline __attribute__((always_inline, unused)) void transpose(vec *rows) {
    MDL_UNROLLED for (int round = 1; round < MDL_LANES; round *= 2) {
        vec next[MDL_LANES];
        MDL_UNROLLED for (int i = 0; i < MDL_LANES / 2; i++) {
            next[i].lo = rows[2 * i].even;
            next[i].hi = rows[2 * i + 1].even;
            next[i + MDL_LANES / 2].lo = rows[2 * i].odd;
            next[i + MDL_LANES / 2].hi = rows[2 * i + 1].odd;
        }
        MDL_UNROLLED for (int i = 0; i < MDL_LANES; i++) rows[i] = next[i];
    }
}

// to[row * step + lane] = from[lane * stride + row], or 0 from `lanes` to the panel's end.
static inline __attribute__((unused)) void transpose_to_panel(
    const float *from, ptrdiff_t stride, int32_t lanes, int32_t rows, float *to, ptrdiff_t step) {
    for (int32_t row = 0; row < rows; row += MDL_LANES) {
        for (int32_t lane = 0; lane < panel_width; lane += MDL_LANES) {
            vec block[MDL_LANES];
            MDL_UNROLLED for (int i = 0; i < MDL_LANES; i++) {
                block[i] = lane + i < lanes ? load_lanes(from + (lane + i) * stride + row, rows - row) : (vec)0.0f;
            }
            transpose(block);
            MDL_UNROLLED for (int i = 0; i < MDL_LANES; i++) {
                if (row + i < rows) store(to + (row + i) * step + lane, block[i]);
            }
        }
    }
}
