// Winograd's transforms of one line, for the sizes 2, 3 and 4; a tile is transformed column by column and then row by
// row. `d[0], d[step], ...` is the line. These are the matrices of winograd_matrices.c with common terms shared: the
// points come in pairs of opposite sign, so every pair is an even part plus and minus an odd part.
#pragma once

#define MDL_INLINE static inline __attribute__((always_inline, unused))

#define SCALED(x, factor) ((x) * (vec)(factor))
#define SCALED_PLUS(x, factor, y) MDL_FMA(x, (vec)(factor), y)

static const float root_half = 0.70710678118654752440f;
static const float root_two = 1.41421356237309504880f;

// B' d: size + 2 inputs to places.
MDL_INLINE void input_line(const int size, const vec *d, const int step, vec *v) {
    const vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    if (size == 2) {
        v[0] = d2 - d0;
        v[1] = d2 + d1;
        v[2] = d2 - d1;
        v[3] = d3 - d1;
        return;
    }
    const vec d4 = d[4 * step];
    const vec ends = SCALED_PLUS(d2, -2.5f, d0 + d4);
    if (size == 3) {
        const vec even_half = SCALED_PLUS(d1, -2.0f, d3), odd_half = SCALED_PLUS(d0, -2.0f, d2);
        const vec even_two = SCALED_PLUS(d1, -0.5f, d3), odd_two = SCALED_PLUS(d0, -0.5f, d2);
        v[0] = SCALED_PLUS(odd_half, root_half, even_half);
        v[1] = SCALED_PLUS(odd_half, -root_half, even_half);
        v[2] = SCALED_PLUS(odd_two, root_two, even_two);
        v[3] = SCALED_PLUS(odd_two, -root_two, even_two);
        v[4] = ends;
        return;
    }
    const vec d5 = d[5 * step];
    const vec even_half = SCALED_PLUS(d2, -2.0f, d4), odd_half = SCALED_PLUS(d1, -2.0f, d3);
    const vec even_two = SCALED_PLUS(d2, -0.5f, d4), odd_two = SCALED_PLUS(d1, -0.5f, d3);
    v[0] = ends;
    v[1] = SCALED_PLUS(odd_half, root_half, even_half);
    v[2] = SCALED_PLUS(odd_half, -root_half, even_half);
    v[3] = SCALED_PLUS(odd_two, root_two, even_two);
    v[4] = SCALED_PLUS(odd_two, -root_two, even_two);
    v[5] = SCALED_PLUS(d3, -2.5f, d1 + d5);
}

// A' v: places to size outputs.
MDL_INLINE void output_line(const int size, const vec *v, const int step, vec *y) {
    if (size == 2) {
        const vec v1 = v[step], v2 = v[2 * step];
        y[0] = v[0] + (v1 + v2);
        y[1] = v[3 * step] + (v1 - v2);
        return;
    }
    const vec *pairs = size == 4 ? v + step : v;
    const vec sum_half = pairs[0] + pairs[step], difference_half = pairs[0] - pairs[step];
    const vec sum_two = pairs[2 * step] + pairs[3 * step], difference_two = pairs[2 * step] - pairs[3 * step];
    const vec last = pairs[4 * step];
    y[1] = SCALED(SCALED_PLUS(difference_two, 2.0f, difference_half), root_half);
    if (size == 3) {
        y[0] = sum_half + sum_two;
        y[2] = SCALED_PLUS(sum_half, 0.5f, SCALED_PLUS(sum_two, 2.0f, last));
        return;
    }
    y[0] = v[0] + (sum_half + sum_two);
    y[2] = SCALED_PLUS(sum_half, 0.5f, SCALED(sum_two, 2.0f));
    y[3] = SCALED_PLUS(SCALED_PLUS(difference_half, 0.5f, SCALED(difference_two, 4.0f)), root_half, last);
}

// G g: 3 taps to places.
MDL_INLINE void filter_line(const int size, const vec *g, const int step, vec *u) {
    const vec g0 = g[0], g1 = g[step], g2 = g[2 * step];
    if (size == 2) {
        const vec even = SCALED(g0 + g2, 0.5f), odd = SCALED(g1, 0.5f);
        u[0] = -g0;
        u[1] = even + odd;
        u[2] = even - odd;
        u[3] = g2;
        return;
    }
    const vec even_half = SCALED_PLUS(g2, 0.5f, g0), odd_half = SCALED(g1, root_half);
    const vec even_two = SCALED_PLUS(g2, 2.0f, g0), odd_two = SCALED(g1, root_two);
    if (size == 3) {
        u[0] = SCALED(even_half + odd_half, -1.0f / (3.0f * root_half));
        u[1] = SCALED(even_half - odd_half, 1.0f / (3.0f * root_half));
        u[2] = SCALED(even_two + odd_two, 1.0f / (3.0f * root_two));
        u[3] = SCALED(even_two - odd_two, -1.0f / (3.0f * root_two));
        u[4] = g2;
        return;
    }
    u[0] = g0;
    u[1] = SCALED(even_half + odd_half, -2.0f / 3.0f);
    u[2] = SCALED(even_half - odd_half, -2.0f / 3.0f);
    u[3] = SCALED(even_two + odd_two, 1.0f / 6.0f);
    u[4] = SCALED(even_two - odd_two, 1.0f / 6.0f);
    u[5] = g2;
}

// A dy: size output gradients to places.
MDL_INLINE void output_gradient_line(const int size, const vec *y, const int step, vec *v) {
    const vec y0 = y[0], y1 = y[step];
    if (size == 2) {
        v[0] = y0;
        v[1] = y0 + y1;
        v[2] = y0 - y1;
        v[3] = y1;
        return;
    }
    const vec y2 = y[2 * step];
    const vec even_half = SCALED_PLUS(y2, 0.5f, y0), even_two = SCALED_PLUS(y2, 2.0f, y0);
    const vec odd_half = size == 4 ? SCALED_PLUS(y[(size - 1) * step], 0.5f, y1) : y1;
    const vec odd_two = size == 4 ? SCALED_PLUS(y[(size - 1) * step], 2.0f, y1) : y1;
    vec *pairs = size == 4 ? v + 1 : v;
    if (size == 4) v[0] = y0;
    pairs[0] = SCALED_PLUS(odd_half, root_half, even_half);
    pairs[1] = SCALED_PLUS(odd_half, -root_half, even_half);
    pairs[2] = SCALED_PLUS(odd_two, root_two, even_two);
    pairs[3] = SCALED_PLUS(odd_two, -root_two, even_two);
    pairs[4] = y[(size - 1) * step];
}

// G' u: places to 3 taps.
MDL_INLINE void filter_gradient_line(const int size, const vec *u, const int step, vec *g) {
    if (size == 2) {
        const vec even = SCALED(u[step] + u[2 * step], 0.5f);
        g[0] = even - u[0];
        g[1] = SCALED(u[step] - u[2 * step], 0.5f);
        g[2] = even + u[3 * step];
        return;
    }
    const vec *pairs = size == 4 ? u + step : u;
    const vec plus_half = pairs[0], minus_half = pairs[step], plus_two = pairs[2 * step], minus_two = pairs[3 * step];
    if (size == 3) {
        // The normalizing factors of a pair have opposite signs.
        const vec even_half = SCALED(minus_half - plus_half, 1.0f / (3.0f * root_half));
        const vec even_two = SCALED(plus_two - minus_two, 1.0f / (3.0f * root_two));
        const vec odd = SCALED((plus_two + minus_two) - (plus_half + minus_half), 1.0f / 3.0f);
        g[0] = even_half + even_two;
        g[1] = odd;
        g[2] = SCALED_PLUS(even_half, 0.5f, SCALED_PLUS(even_two, 2.0f, pairs[4 * step]));
        return;
    }
    const vec even_half = SCALED(plus_half + minus_half, -2.0f / 3.0f);
    const vec odd_half = SCALED(plus_half - minus_half, -2.0f / 3.0f);
    const vec even_two = SCALED(plus_two + minus_two, 1.0f / 6.0f);
    const vec odd_two = SCALED(plus_two - minus_two, 1.0f / 6.0f);
    g[0] = u[0] + (even_half + even_two);
    g[1] = SCALED(SCALED_PLUS(odd_two, 2.0f, odd_half), root_half);
    g[2] = SCALED_PLUS(even_half, 0.5f, SCALED_PLUS(even_two, 2.0f, pairs[4 * step]));
}
