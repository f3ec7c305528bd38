// The direct convolution kernels, compiled once per instruction set; what the including file defines is said in
// registers.h.
#include "registers.h"

// What a register tile of a convolution needs to know beyond its size.
typedef struct {
    const float *x;
    ptrdiff_t x_step;
    float *y;
    ptrdiff_t y_step;
    const mdl_run *runs;
    int32_t run_count;
    const float *panel;
    const float *bias;
    int32_t lanes;
    int32_t accumulate;
} tile_t;

// `pixels`, `vectors` and `fetch` are constants wherever this is inlined. Pixels are reached from every third one by an
// index register, so that fourteen of them fit the sixteen general registers. What the next tile reads and writes lies
// in many places, where the processor does not fetch ahead by itself; where told, it is brought to the second cache.
static inline __attribute__((always_inline)) void tile(
    const tile_t *t, const int pixels, const int vectors, const int fetch) {
    vec sum[MDL_TILE][MDL_VECTORS];
    MDL_UNROLLED for (int v = 0; v < vectors; v++) {
        const vec first = t->bias != NULL ? load_lanes(t->bias + v * MDL_LANES, t->lanes - v * MDL_LANES) : (vec)0.0f;
        MDL_UNROLLED for (int p = 0; p < pixels; p++) sum[p][v] = first;
    }
    const ptrdiff_t step = t->x_step;
    for (int32_t r = 0; r < t->run_count; r++) {
        const float *x = t->x + t->runs[r].input;
        const float *w = t->panel + (ptrdiff_t)t->runs[r].filter * panel_width;
        const int32_t length = t->runs[r].length;
        const float *base[(MDL_TILE + 2) / 3];
        MDL_UNROLLED for (int b = 0; b * 3 < pixels; b++) base[b] = x + b * 3 * step;
        for (int32_t i = 0; i < length;) {
            MDL_UNROLLED for (int p = 0; p < pixels && fetch; p++) {
                __builtin_prefetch(base[p / 3] + (pixels + p % 3) * step, 0, 2);
            }
            const int32_t end = fetch && i + 16 < length ? i + 16 : length;
            for (; i < end; i++) {
                vec weight[MDL_VECTORS];
                MDL_UNROLLED for (int v = 0; v < vectors; v++) weight[v] = load(w + v * MDL_LANES);
                w += panel_width;
                MDL_UNROLLED for (int p = 0; p < pixels; p++) {
                    const vec value = (vec)(base[p / 3][p % 3 * step]);
                    MDL_UNROLLED for (int v = 0; v < vectors; v++) sum[p][v] = MDL_FMA(value, weight[v], sum[p][v]);
                }
                MDL_UNROLLED for (int b = 0; b * 3 < pixels; b++) base[b]++;
            }
        }
    }
    MDL_UNROLLED for (int p = 0; p < pixels; p++) {
        float *y = t->y + p * t->y_step;
        MDL_UNROLLED for (int v = 0; v < vectors; v++) {
            const int lanes = t->lanes - v * MDL_LANES;
            if (fetch) __builtin_prefetch(y + pixels * t->y_step + v * MDL_LANES, 1, 2);
            vec value = sum[p][v];
            if (t->accumulate) value += load_lanes(y + v * MDL_LANES, lanes);
            store_lanes(y + v * MDL_LANES, value, lanes);
        }
    }
}

#define MDL_TILE_CASE(n) \
    case n: \
        tile(t, n, vectors, fetch); \
        break;

static inline __attribute__((always_inline)) void tile_of(
    const tile_t *t, int pixels, const int vectors, const int fetch) {
    switch (pixels) {
        MDL_TILE_CASE(1) MDL_TILE_CASE(2) MDL_TILE_CASE(3) MDL_TILE_CASE(4) MDL_TILE_CASE(5) MDL_TILE_CASE(6)
#if MDL_TILE > 6
        MDL_TILE_CASE(7) MDL_TILE_CASE(8) MDL_TILE_CASE(9) MDL_TILE_CASE(10) MDL_TILE_CASE(11) MDL_TILE_CASE(12)
        MDL_TILE_CASE(13) MDL_TILE_CASE(14)
#endif
    default: __builtin_unreachable();
    }
}

static __attribute__((noinline)) void tile_narrow(const tile_t *t, int pixels) { tile_of(t, pixels, 1, 0); }
static __attribute__((noinline)) void tile_wide(const tile_t *t, int pixels) { tile_of(t, pixels, MDL_VECTORS, 0); }
static __attribute__((noinline)) void tile_wide_fetching(const tile_t *t, int pixels) {
    tile_of(t, pixels, MDL_VECTORS, 1);
}

// One region for one panel: tiles of nearly equal size along its longer side.
static void region_of(const mdl_convolution *c, const mdl_region *region, tile_t t, const float *input, float *output) {
    const int along_columns = region->columns >= MDL_TILE / 2 || region->columns >= region->rows;
    const int32_t length = along_columns ? region->columns : region->rows;
    const int32_t lines = along_columns ? region->rows : region->columns;
    const ptrdiff_t x_line = along_columns ? c->input_row : c->input_pixel;
    const ptrdiff_t y_line = along_columns ? c->output_row : c->output_pixel;
    t.x_step = along_columns ? c->input_pixel : c->input_row;
    t.y_step = along_columns ? c->output_pixel : c->output_row;
    t.runs = c->runs + region->first_run;
    t.run_count = region->runs;
    const int32_t tiles = (length + MDL_TILE - 1) / MDL_TILE;
    const int fetch = c->input_sample + c->output_sample > 100000;   // less is in the second cache anyway
    for (int32_t line = 0; line < lines; line++) {
        for (int32_t k = 0; k < tiles; k++) {
            const int32_t first = (int32_t)((int64_t)length * k / tiles);
            const int32_t pixels = (int32_t)((int64_t)length * (k + 1) / tiles) - first;
            t.x = input + region->input + line * x_line + first * t.x_step;
            t.y = output + region->output + line * y_line + first * t.y_step;
            if (t.lanes <= MDL_LANES) tile_narrow(&t, pixels);
            else if (fetch) tile_wide_fetching(&t, pixels);
            else tile_wide(&t, pixels);
        }
    }
}

static void MDL_NAME(convolution)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_convolution *c = arguments;
    const int32_t group = item % c->groups;
    const mdl_band *band = &c->bands[item / c->groups % c->band_count];
    const int32_t sample = item / c->groups / c->band_count;
    const float *input = c->input + sample * c->input_sample;
    const int32_t panels = (c->channels + panel_width - 1) / panel_width;
    const int32_t first = group * c->panels_per_group;
    const int32_t last = first + c->panels_per_group < panels ? first + c->panels_per_group : panels;
    for (int32_t panel = first; panel < last; panel++) {
        const int32_t channel = panel * panel_width;
        tile_t t = {
            .panel = c->panels + panel * c->panel_stride,
            .bias = c->bias != NULL ? c->bias + channel : NULL,
            .lanes = c->channels - channel < panel_width ? c->channels - channel : panel_width,
            .accumulate = c->accumulate,
        };
        float *output = c->output + sample * c->output_sample + channel;
        for (int32_t r = 0; r < band->count; r++) region_of(c, &c->regions[band->first + r], t, input, output);
    }
}

static void MDL_NAME(pack)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_pack *a = arguments;
    const int32_t channels = a->transposed ? a->inputs : a->outputs;
    const int32_t first = item * panel_width;
    const int32_t lanes = channels - first < panel_width ? channels - first : panel_width;
    float *to = a->panels + item * a->panel_stride;
    for (int32_t place = 0; place < a->taps; place++) {
        const int32_t tap = a->transposed ? a->taps - 1 - place : place;
        const float *from = a->filter + (ptrdiff_t)tap * a->inputs * a->outputs;
        if (a->transposed) {
            transpose_to_panel(
                from + (ptrdiff_t)first * a->outputs, a->outputs, lanes, a->outputs, to, panel_width);
            to += (ptrdiff_t)a->outputs * panel_width;
        } else {
            for (int32_t input = 0; input < a->inputs; input++) {
                const float *source = from + (ptrdiff_t)input * a->outputs + first;
                for (int32_t lane = 0; lane < lanes; lane++) to[lane] = source[lane];
                for (int32_t lane = lanes; lane < panel_width; lane++) to[lane] = 0.0f;
                to += panel_width;
            }
        }
    }
}

#include "filter_gradient.h"

// The constraint for any vector register; "x" would be the lower half of AVX-512's, and the rest would be spilled.
#if defined(__aarch64__)
#define MDL_ANY_REGISTER "w"
#else
#define MDL_ANY_REGISTER "v"
#endif

// Independent chains of a register tile each: as many as hide the latency, none touches memory.
static void MDL_NAME(peak)(const void *arguments, int32_t item, int32_t worker) {
    (void)item;
    (void)worker;
    const int64_t rounds = *(const int64_t *)arguments;
    vec sum[MDL_TILE * MDL_VECTORS];
    MDL_UNROLLED for (int i = 0; i < MDL_TILE * MDL_VECTORS; i++) sum[i] = (vec)(float)i;
    const vec a = (vec)0.999f;
    const vec b = (vec)0.001f;
    for (int64_t round = 0; round < rounds; round++) {
        MDL_UNROLLED for (int i = 0; i < MDL_TILE * MDL_VECTORS; i++) {
            sum[i] = MDL_FMA(sum[i], a, b);
            __asm__ volatile("" : "+" MDL_ANY_REGISTER(sum[i]));
        }
    }
}

static const mdl_convolution_kernels MDL_NAME(convolution_kernels) = {
    .panel_width = panel_width,
    .convolution = MDL_NAME(convolution),
    .pack = MDL_NAME(pack),
    .filter_gradient = MDL_NAME(filter_gradient),
    .bias_gradient = MDL_NAME(bias_gradient),
    .peak = MDL_NAME(peak),
    .flop_per_round = 2LL * MDL_TILE * panel_width,
};
