// The Winograd kernels, compiled once per instruction set; what the including file defines is said in registers.h.
#include "registers.h"
#include "winograd_lines.h"

enum { block = mdl_winograd_block, most_places = (mdl_winograd_most + 2) * (mdl_winograd_most + 2) };

static inline int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

// Where one tile lies: its sample and its first output.
typedef struct {
    int32_t sample;
    int32_t row;
    int32_t column;
} place_t;

static inline place_t place_of(const mdl_winograd_tiles *tiles, int32_t tile) {
    const int32_t line = tile / tiles->column_count;
    return (place_t){
        line / tiles->row_count,
        tiles->rows[line % tiles->row_count],
        tiles->columns[tile % tiles->column_count],
    };
}

// Bit i is set where `first + i * step` lies in [0, length), for i < count.
static inline uint32_t inside(int32_t first, int32_t step, int32_t count, int32_t length) {
    uint32_t mask = 0;
    for (int32_t i = 0; i < count; i++) mask |= (uint32_t)(first + i * step >= 0 && first + i * step < length) << i;
    return mask;
}

// A square of side * side pixels, of which those in both masks are real.
typedef struct {
    float *base;
    ptrdiff_t row;
    ptrdiff_t pixel;
    uint32_t rows;
    uint32_t columns;
} square_t;

static inline square_t square_at(
    mdl_view view, mdl_extent extent, place_t place, int32_t shift, int32_t step, int32_t side) {
    const int32_t row = place.row - shift, column = place.column - shift;
    return (square_t){
        view.data + place.sample * view.sample + row * view.row + column * view.pixel,
        step * view.row,
        step * view.pixel,
        inside(row, step, side, extent.height),
        inside(column, step, side, extent.width),
    };
}

// One column of the square, from `channel` on; 0 where there is no pixel. Fetches what the tile to the right has in the
// column that lies `ahead` further, to the second cache: all channels of this tile come before it.
MDL_INLINE void load_column(
    const square_t *s, const int side, const int whole, int j, ptrdiff_t ahead, ptrdiff_t channel, int lanes,
    vec *values) {
    const float *from = s->base + j * s->pixel + channel;
    MDL_UNROLLED for (int i = 0; i < side; i++, from += s->row) {
        if (ahead != 0) __builtin_prefetch(from + ahead, 0, 2);
        values[i] = whole || ((s->rows >> i & 1) && (s->columns >> j & 1)) ? load_lanes(from, lanes) : (vec)0.0f;
    }
}

// B' d B or (`gradient`) A dy A' of all channels of one square, for the places of a tile. Channels come in groups of
// `width` floats, `group` floats apart; what the last group has beyond the channels is made 0.
MDL_INLINE void transform_square(
    const int size, const int gradient, const int whole, const square_t *s, int32_t channels, float *to,
    ptrdiff_t place, const int width, ptrdiff_t group) {
    const int places = size + 2;
    const int side = gradient ? size : places;
    const int32_t groups = (channels + width - 1) / width;
    for (int32_t channel = 0; channel < groups * width; channel += MDL_LANES) {
        float *out = to + channel / width * group + channel % width;
        if (channel >= channels) {
            MDL_UNROLLED for (int k = 0; k < places * places; k++) store(out + k * place, (vec)0.0f);
            continue;
        }
        vec columns[most_places], line[mdl_winograd_most + 2];
        const int lanes = smaller(MDL_LANES, channels - channel);
        MDL_UNROLLED for (int j = 0; j < side; j++) {
            vec values[mdl_winograd_most + 2];
            // Of the next tile's columns the first two are among this tile's.
            const ptrdiff_t ahead = gradient || j >= 2 ? size * s->pixel : 0;
            if (lanes == MDL_LANES) load_column(s, side, whole, j, ahead, channel, MDL_LANES, values);
            else load_column(s, side, whole, j, ahead, channel, lanes, values);
            if (gradient) output_gradient_line(size, values, 1, line);
            else input_line(size, values, 1, line);
            MDL_UNROLLED for (int i = 0; i < places; i++) columns[i * side + j] = line[i];
        }
        MDL_UNROLLED for (int i = 0; i < places; i++) {
            if (gradient) output_gradient_line(size, columns + i * side, 1, line);
            else input_line(size, columns + i * side, 1, line);
            MDL_UNROLLED for (int j = 0; j < places; j++) store(out + (i * places + j) * place, line[j]);
        }
    }
}

MDL_INLINE void transform_square_of(
    const int size, const int gradient, const square_t *s, int32_t channels, float *to, ptrdiff_t place,
    const int width, ptrdiff_t group) {
    const uint32_t all = (1u << (gradient ? size : size + 2)) - 1;
    if (s->rows == all && s->columns == all) transform_square(size, gradient, 1, s, channels, to, place, width, group);
    else transform_square(size, gradient, 0, s, channels, to, place, width, group);
}

#define MDL_TRANSFORM(name, size, gradient, width) \
    static __attribute__((noinline)) void name( \
        const square_t *s, int32_t channels, float *to, ptrdiff_t place, ptrdiff_t group) { \
        transform_square_of(size, gradient, s, channels, to, place, width, group); \
    }
MDL_TRANSFORM(input_2, 2, 0, block)
MDL_TRANSFORM(input_3, 3, 0, block)
MDL_TRANSFORM(input_4, 4, 0, block)
MDL_TRANSFORM(gradient_2, 2, 1, panel_width)
MDL_TRANSFORM(gradient_3, 3, 1, panel_width)
MDL_TRANSFORM(gradient_4, 4, 1, panel_width)

typedef void (*transform_t)(const square_t *, int32_t, float *, ptrdiff_t, ptrdiff_t);
static const transform_t input_transforms[] = {NULL, NULL, input_2, input_3, input_4};
static const transform_t gradient_transforms[] = {NULL, NULL, gradient_2, gradient_3, gradient_4};

// m[tile][panel] = sum over channels of v[channel / block][tile][block] * u[channel][panel]. `tiles` and `vectors` are
// constants wherever this is inlined. Fetches the filter that lies `ahead`, to the second cache.
MDL_INLINE void products(
    const float *v, ptrdiff_t group, const float *u, ptrdiff_t ahead, int32_t channels, float *m, const int tiles,
    const int vectors) {
    vec sum[MDL_TILE][MDL_VECTORS];
    MDL_UNROLLED for (int t = 0; t < tiles; t++) {
        MDL_UNROLLED for (int k = 0; k < vectors; k++) sum[t][k] = (vec)0.0f;
    }
    for (int32_t channel = 0; channel < channels; channel += block) {
        const int32_t count = smaller(block, channels - channel);
        for (int32_t i = 0; i < count; i++) {
            vec weight[MDL_VECTORS];
            MDL_UNROLLED for (int k = 0; k < vectors; k++) weight[k] = load(u + k * MDL_LANES);
            for (int k = 0; k < panel_width; k += 16) __builtin_prefetch(u + ahead + k, 0, 2);
            u += panel_width;
            MDL_UNROLLED for (int t = 0; t < tiles; t++) {
                const vec value = (vec)(v[t * block + i]);
                MDL_UNROLLED for (int k = 0; k < vectors; k++) sum[t][k] = MDL_FMA(value, weight[k], sum[t][k]);
            }
        }
        v += group;
    }
    MDL_UNROLLED for (int t = 0; t < tiles; t++) {
        MDL_UNROLLED for (int k = 0; k < vectors; k++) store(m + t * panel_width + k * MDL_LANES, sum[t][k]);
    }
}

#define MDL_PRODUCTS_CASE(n) \
    case n: \
        products(v, group, u, ahead, channels, m, n, vectors); \
        break;

MDL_INLINE void products_of(
    const float *v, ptrdiff_t group, const float *u, ptrdiff_t ahead, int32_t channels, float *m, int tiles,
    const int vectors) {
    switch (tiles) {
        MDL_PRODUCTS_CASE(1) MDL_PRODUCTS_CASE(2) MDL_PRODUCTS_CASE(3) MDL_PRODUCTS_CASE(4) MDL_PRODUCTS_CASE(5)
        MDL_PRODUCTS_CASE(6)
#if MDL_TILE > 6
        MDL_PRODUCTS_CASE(7) MDL_PRODUCTS_CASE(8) MDL_PRODUCTS_CASE(9) MDL_PRODUCTS_CASE(10) MDL_PRODUCTS_CASE(11)
        MDL_PRODUCTS_CASE(12) MDL_PRODUCTS_CASE(13) MDL_PRODUCTS_CASE(14)
#endif
    default: __builtin_unreachable();
    }
}

static __attribute__((noinline)) void products_narrow(
    const float *v, ptrdiff_t group, const float *u, ptrdiff_t ahead, int32_t channels, float *m, int tiles) {
    products_of(v, group, u, ahead, channels, m, tiles, 1);
}
static __attribute__((noinline)) void products_wide(
    const float *v, ptrdiff_t group, const float *u, ptrdiff_t ahead, int32_t channels, float *m, int tiles) {
    products_of(v, group, u, ahead, channels, m, tiles, MDL_VECTORS);
}

// A' m A of one tile and one panel: stores the outputs that are real, or (`whole`) all of them for a whole panel.
MDL_INLINE void transform_output(
    const int size, const int whole, const float *m, ptrdiff_t place, const square_t *to, int32_t channel,
    int32_t lanes, const float *bias, const int32_t accumulate) {
    const int places = size + 2;
    for (int k = 0; k < MDL_VECTORS && k * MDL_LANES < lanes; k++, channel += MDL_LANES) {
        const int left = whole ? MDL_LANES : lanes - k * MDL_LANES;
        vec values[most_places], columns[most_places], line[mdl_winograd_most];
        MDL_UNROLLED for (int p = 0; p < places * places; p++) values[p] = load(m + p * place + k * MDL_LANES);
        MDL_UNROLLED for (int j = 0; j < places; j++) {
            output_line(size, values + j, places, line);
            MDL_UNROLLED for (int i = 0; i < size; i++) columns[i * places + j] = line[i];
        }
        const vec first = bias != NULL ? load_lanes(bias + channel, left) : (vec)0.0f;
        MDL_UNROLLED for (int i = 0; i < size; i++) {
            output_line(size, columns + i * places, 1, line);
            float *y = to->base + i * to->row + channel;
            MDL_UNROLLED for (int j = 0; j < size; j++) {
                if (!whole && !((to->rows >> i & 1) && (to->columns >> j & 1))) continue;
                if (whole) __builtin_prefetch(y + (size + j) * to->pixel, 1, 2);   // for the tile to the right
                vec value = bias != NULL ? line[j] + first : line[j];
                if (accumulate) value += load_lanes(y + j * to->pixel, left);
                store_lanes(y + j * to->pixel, value, left);
            }
        }
    }
}

#define MDL_OUTPUT(name, size) \
    static __attribute__((noinline)) void name( \
        const float *m, ptrdiff_t place, const square_t *to, int32_t channel, int32_t lanes, const float *bias, \
        int32_t accumulate) { \
        const uint32_t all = (1u << size) - 1; \
        if (to->rows != all || to->columns != all || lanes < panel_width || accumulate) { \
            transform_output(size, 0, m, place, to, channel, lanes, bias, accumulate); \
        } else if (bias != NULL) { \
            transform_output(size, 1, m, place, to, channel, panel_width, bias, 0); \
        } else { \
            transform_output(size, 1, m, place, to, channel, panel_width, NULL, 0); \
        } \
    }
MDL_OUTPUT(output_2, 2)
MDL_OUTPUT(output_3, 3)
MDL_OUTPUT(output_4, 4)

typedef void (*output_t)(const float *, ptrdiff_t, const square_t *, int32_t, int32_t, const float *, int32_t);
static const output_t output_transforms[] = {NULL, NULL, output_2, output_3, output_4};

static void MDL_NAME(winograd_convolution)(const void *arguments, int32_t item, int32_t worker) {
    const mdl_winograd_convolution *a = arguments;
    const mdl_winograd_tiles *tiles = &a->tiles;
    const int32_t size = tiles->size, places = (size + 2) * (size + 2);
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t panels = (outputs + panel_width - 1) / panel_width;
    const int32_t first = item / a->groups * a->block_tiles;
    const int32_t count = smaller(a->block_tiles, a->tile_count - first);
    const int32_t first_panel = item % a->groups * a->panels_per_group;
    const int32_t panel_count = smaller(a->panels_per_group, panels - first_panel);
    float *v = a->scratch + worker * a->scratch_stride;
    float *m = v + places * a->input_place;
    const ptrdiff_t group = (ptrdiff_t)count * block;

    for (int32_t t = 0; t < count; t++) {
        const square_t from = square_at(
            a->input, a->input_extent, place_of(tiles, first + t), tiles->padding, tiles->step, size + 2);
        input_transforms[size](&from, inputs, v + t * block, a->input_place, group);
    }
    const int32_t parts = (count + MDL_TILE - 1) / MDL_TILE;
    // The panels follow each other in the order in which they are read. A small filter is in the second cache anyway.
    const ptrdiff_t panel_floats = (ptrdiff_t)inputs * panel_width;
    const ptrdiff_t next = places * panels * panel_floats > 200000 ? panel_floats : 0;
    for (int32_t place = 0; place < places; place++) {
        for (int32_t p = 0; p < panel_count; p++) {
            const int32_t panel = first_panel + p;
            const float *u = a->filter + ((ptrdiff_t)place * panels + panel) * inputs * panel_width;
            float *out = m + place * a->product_place + (ptrdiff_t)p * count * panel_width;
            for (int32_t part = 0; part < parts; part++) {
                const int32_t from = count * part / parts;
                const int32_t n = count * (part + 1) / parts - from;
                const float *in = v + place * a->input_place + from * block;
                const ptrdiff_t ahead = part == parts - 1 ? next : 0;
                if (outputs - panel * panel_width <= MDL_LANES) {
                    products_narrow(in, group, u, ahead, inputs, out + from * panel_width, n);
                } else {
                    products_wide(in, group, u, ahead, inputs, out + from * panel_width, n);
                }
            }
        }
    }
    for (int32_t t = 0; t < count; t++) {
        const square_t to =
            square_at(a->output, a->output_extent, place_of(tiles, first + t), 0, tiles->step, size);
        for (int32_t p = 0; p < panel_count; p++) {
            const int32_t channel = (first_panel + p) * panel_width;
            output_transforms[size](
                m + ((ptrdiff_t)p * count + t) * panel_width, a->product_place, &to, channel,
                smaller(panel_width, outputs - channel), a->bias, a->accumulate);
        }
    }
}

#include "winograd_filter.h"
#include "winograd_gradient.h"

static const mdl_winograd_kernels MDL_NAME(winograd_kernels) = {
    .panel_width = panel_width,
    .register_tiles = MDL_TILE,
    .filter = MDL_NAME(winograd_filter),
    .convolution = MDL_NAME(winograd_convolution),
    .gradient_transform = MDL_NAME(winograd_gradient_transform),
    .gradient_products = MDL_NAME(winograd_gradient_products),
    .gradient_fold = MDL_NAME(winograd_gradient_fold),
    .gradient_whole = MDL_NAME(winograd_gradient_whole),
};
