// Sixteen lanes, whatever the processor's registers hold: clang cuts the operations into 4, 2 or 1 per vector.
// One group of lanes is one word of a ReLU mask, and every instruction set rounds alike.
//
// Where fewer than 16 numbers are left, `count` of them are read or written and the other lanes are 0.
#pragma once

#include <stdint.h>
#include <string.h>

enum { lanes = 16 };

typedef float floats __attribute__((ext_vector_type(16)));
typedef double doubles __attribute__((ext_vector_type(16)));
typedef int32_t ints __attribute__((ext_vector_type(16)));
typedef int64_t longs __attribute__((ext_vector_type(16)));
typedef uint8_t bytes __attribute__((ext_vector_type(16)));
typedef _Bool bits __attribute__((ext_vector_type(16)));

#define MDL_INLINE static inline __attribute__((always_inline, unused))

// Calls `statement` for every group of 16 channels with `lanes_here` the constant 16, and once for what is left.
#define MDL_FOR_EACH_GROUP(channel, lanes_here, channels, statement)        \
    do {                                                                    \
        int32_t channel = 0;                                                \
        for (; channel + lanes <= (channels); channel += lanes) {           \
            const int32_t lanes_here = lanes;                               \
            statement;                                                      \
        }                                                                   \
        if (channel < (channels)) {                                         \
            const int32_t lanes_here = (channels) - channel;                \
            statement;                                                      \
        }                                                                   \
    } while (0)

MDL_INLINE floats load_full(const float *from) {
    floats value;
    memcpy(&value, from, sizeof value);
    return value;
}

#if defined(MDL_AVX512)
MDL_INLINE floats load_part(const float *from, int32_t count) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}

MDL_INLINE void store_part(float *to, int32_t count, floats value) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), value);
}
#elif defined(MDL_AVX2)
MDL_INLINE __m256i lanes_below(int32_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

MDL_INLINE floats load_part(const float *from, int32_t count) {
    __m256 half[2] = {_mm256_maskload_ps(from, lanes_below(count)), _mm256_setzero_ps()};
    if (count > 8) { half[1] = _mm256_maskload_ps(from + 8, lanes_below(count - 8)); }
    floats value;
    memcpy(&value, half, sizeof value);
    return value;
}

MDL_INLINE void store_part(float *to, int32_t count, floats value) {
    __m256 half[2];
    memcpy(half, &value, sizeof half);
    _mm256_maskstore_ps(to, lanes_below(count), half[0]);
    if (count > 8) { _mm256_maskstore_ps(to + 8, lanes_below(count - 8), half[1]); }
}
#else
MDL_INLINE floats load_part(const float *from, int32_t count) {
    float value[lanes] = {0};
    for (int32_t lane = 0; lane < count; lane++) { value[lane] = from[lane]; }
    return load_full(value);
}

MDL_INLINE void store_part(float *to, int32_t count, floats value) {
    float from[lanes];
    memcpy(from, &value, sizeof from);
    for (int32_t lane = 0; lane < count; lane++) { to[lane] = from[lane]; }
}
#endif

MDL_INLINE floats load(const float *from, int32_t count) {
    return count == lanes ? load_full(from) : load_part(from, count);
}

MDL_INLINE void store(float *to, int32_t count, floats value) {
    if (count == lanes) {
        memcpy(to, &value, sizeof value);
    } else {
        store_part(to, count, value);
    }
}

// One number of each of `count` pixels.
MDL_INLINE floats load_strided(const float *from, ptrdiff_t stride, int32_t count) {
    if (stride == 1) { return load(from, count); }
    float value[lanes] = {0};
    for (int32_t lane = 0; lane < count; lane++) { value[lane] = from[lane * stride]; }
    return load_full(value);
}

MDL_INLINE void store_strided(float *to, ptrdiff_t stride, int32_t count, floats value) {
    if (stride == 1) {
        store(to, count, value);
    } else {
        float from[lanes];
        memcpy(from, &value, sizeof from);
        for (int32_t lane = 0; lane < count; lane++) { to[lane * stride] = from[lane]; }
    }
}

// Stores, or adds to what is there.
MDL_INLINE void deposit(float *to, int32_t count, floats value, int32_t accumulate) {
    store(to, count, accumulate ? load(to, count) + value : value);
}

MDL_INLINE doubles load_doubles(const double *from, int32_t count) {
    doubles value = 0;
    memcpy(&value, from, (size_t)count * sizeof(double));
    return value;
}

MDL_INLINE void store_doubles(double *to, int32_t count, doubles value) {
    memcpy(to, &value, (size_t)count * sizeof(double));
}

MDL_INLINE doubles widened(floats value) { return __builtin_convertvector(value, doubles); }

MDL_INLINE floats narrowed(doubles value) { return __builtin_convertvector(value, floats); }

MDL_INLINE longs widened_choice(ints choice) { return __builtin_convertvector(choice, longs); }

MDL_INLINE floats floats_of_bits(ints value) {
    floats result;
    memcpy(&result, &value, sizeof result);
    return result;
}

MDL_INLINE ints bits_of_floats(floats value) {
    ints result;
    memcpy(&result, &value, sizeof result);
    return result;
}

// A NaN stays a NaN.
MDL_INLINE floats rectified(floats value) { return value < 0 ? 0 : value; }

MDL_INLINE uint16_t mask_of_positive(floats value) {
    bits positive = __builtin_convertvector(value > 0, bits);
    uint16_t mask;
    memcpy(&mask, &positive, sizeof mask);
    return mask;
}

// The lanes whose bit is set; the others become 0.
MDL_INLINE floats masked(uint16_t mask, floats value) {
    bits chosen;
    memcpy(&chosen, &mask, sizeof chosen);
    return -__builtin_convertvector(chosen, ints) ? value : 0;
}

// Sums and maxima over the lanes, halving: lane i meets lane i + 8, then i + 4, i + 2, i + 1.
MDL_INLINE double sum_of_lanes(doubles value) {
    typedef double doubles8 __attribute__((ext_vector_type(8)));
    typedef double doubles4 __attribute__((ext_vector_type(4)));
    typedef double doubles2 __attribute__((ext_vector_type(2)));
    doubles8 eight = value.lo + value.hi;
    doubles4 four = eight.lo + eight.hi;
    doubles2 two = four.lo + four.hi;
    return two.x + two.y;
}

MDL_INLINE float maximum_of_lanes(floats value) {
    typedef float floats8 __attribute__((ext_vector_type(8)));
    typedef float floats4 __attribute__((ext_vector_type(4)));
    typedef float floats2 __attribute__((ext_vector_type(2)));
    floats8 eight = value.lo > value.hi ? value.lo : value.hi;
    floats4 four = eight.lo > eight.hi ? eight.lo : eight.hi;
    floats2 two = four.lo > four.hi ? four.lo : four.hi;
    return two.x > two.y ? two.x : two.y;
}

// Adds one number per pixel to a sum, in pixel order.
MDL_INLINE double added_in_order(double total, doubles values, int32_t count) {
    for (int32_t lane = 0; lane < count; lane++) { total += values[lane]; }
    return total;
}
