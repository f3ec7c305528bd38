// The kernels of the gradients of a filter and a bias; part of convolution.h.

// One register tile of the filter's gradient: `inputs` input channels by one panel, over rows x columns outputs.
typedef struct {
    const float *x;
    ptrdiff_t x_row;
    ptrdiff_t x_pixel;
    const float *dy;   // packed: panel_width floats per pixel
    ptrdiff_t dy_row;
    int32_t rows;
    int32_t columns;
    float *sum;    // [input][panel_width]
    int32_t add;   // to what `sum` holds
} gradient_tile_t;

static inline __attribute__((always_inline)) void gradient_tile(
    const gradient_tile_t *t, const int inputs, const int vectors) {
    vec sum[MDL_TILE][MDL_VECTORS];
    MDL_UNROLLED for (int i = 0; i < inputs; i++) {
        MDL_UNROLLED for (int v = 0; v < vectors; v++) sum[i][v] = (vec)0.0f;
    }
    // Pixels of many channels lie in different pages, where the processor does not fetch ahead by itself.
    enum { ahead = 20 };
    const ptrdiff_t step = t->x_pixel;
    for (int32_t row = 0; row < t->rows; row++) {
        const float *x = t->x + row * t->x_row;
        const float *dy = t->dy + row * t->dy_row;
        for (int32_t column = 0; column < t->columns; column++) {
            __builtin_prefetch(x + ahead * step);
            __builtin_prefetch(x + ahead * step + inputs - 1);
            vec g[MDL_VECTORS];
            MDL_UNROLLED for (int v = 0; v < vectors; v++) g[v] = load(dy + v * MDL_LANES);
            MDL_UNROLLED for (int i = 0; i < inputs; i++) {
                const vec value = (vec)x[i];
                MDL_UNROLLED for (int v = 0; v < vectors; v++) sum[i][v] = MDL_FMA(value, g[v], sum[i][v]);
            }
            x += step;
            dy += panel_width;
        }
    }
    MDL_UNROLLED for (int i = 0; i < inputs; i++) {
        MDL_UNROLLED for (int v = 0; v < vectors; v++) {
            float *to = t->sum + i * panel_width + v * MDL_LANES;
            store(to, t->add ? load(to) + sum[i][v] : sum[i][v]);
        }
    }
}

#define MDL_GRADIENT_CASE(n) \
    case n: \
        gradient_tile(t, n, vectors); \
        break;

static inline __attribute__((always_inline)) void gradient_tile_of(
    const gradient_tile_t *t, int inputs, const int vectors) {
    switch (inputs) {
        MDL_GRADIENT_CASE(1) MDL_GRADIENT_CASE(2) MDL_GRADIENT_CASE(3) MDL_GRADIENT_CASE(4) MDL_GRADIENT_CASE(5)
        MDL_GRADIENT_CASE(6)
#if MDL_TILE > 6
        MDL_GRADIENT_CASE(7) MDL_GRADIENT_CASE(8) MDL_GRADIENT_CASE(9) MDL_GRADIENT_CASE(10) MDL_GRADIENT_CASE(11)
        MDL_GRADIENT_CASE(12) MDL_GRADIENT_CASE(13) MDL_GRADIENT_CASE(14)
#endif
    default: __builtin_unreachable();
    }
}

static __attribute__((noinline)) void gradient_narrow(const gradient_tile_t *t, int inputs) {
    gradient_tile_of(t, inputs, 1);
}
static __attribute__((noinline)) void gradient_wide(const gradient_tile_t *t, int inputs) {
    gradient_tile_of(t, inputs, MDL_VECTORS);
}

// Copies one panel of the output gradient's rows [first, end) to [row][column][panel width], 0 beyond the channels:
// where pixels lie a power of two apart, they would push each other out of the cache for every tap and tile.
static void pack_gradient(
    const mdl_filter_gradient *a, const float *dy, int32_t first, int32_t end, int32_t lanes, float *to) {
    for (int32_t row = first; row < end; row++) {
        const float *from = dy + row * a->gradient_row;
        for (int32_t column = 0; column < a->output_columns; column++) {
            for (int v = 0; v < MDL_VECTORS; v++) {
                store(to + v * MDL_LANES, load_lanes(from + v * MDL_LANES, lanes - v * MDL_LANES));
            }
            from += a->gradient_pixel;
            to += panel_width;
        }
    }
}

// What one item computes: taps and input channels of some panels.
typedef struct {
    int32_t first_panel;
    int32_t panels;
    int32_t first_tap;
    int32_t taps;
    int32_t first_input;
    int32_t inputs;
} gradient_part_t;

static inline int32_t lanes_of_panel(const mdl_filter_gradient *a, int32_t panel) {
    const int32_t left = a->outputs - panel * panel_width;
    return left < panel_width ? left : panel_width;
}

// The partial of one sample: [panel][tap][input][panel_width]. `packed` has room for one panel of block_rows rows. The
// rows of the input that a block reads stay in cache for all panels.
static void gradient_of_sample(
    const mdl_filter_gradient *a, int32_t sample, const gradient_part_t *part, float *packed, float *sum) {
    const float *x = a->input + sample * a->input_sample + part->first_input;
    const int32_t tiles = (part->inputs + MDL_TILE - 1) / MDL_TILE;
    for (int32_t block = 0; block < a->output_rows; block += a->block_rows) {
        const int32_t end = block + a->block_rows < a->output_rows ? block + a->block_rows : a->output_rows;
        for (int32_t p = 0; p < part->panels; p++) {
            const int32_t panel = part->first_panel + p, lanes = lanes_of_panel(a, panel);
            const float *dy = a->output_gradient + sample * a->gradient_sample + panel * panel_width;
            pack_gradient(a, dy, block, end, lanes, packed);
            for (int32_t k = 0; k < part->taps; k++) {
                const mdl_tap *tap = &a->taps[part->first_tap + k];
                const int32_t from = block > tap->row ? block : tap->row;
                const int32_t to = end < tap->row + tap->rows ? end : tap->row + tap->rows;
                gradient_tile_t t = {
                    .x_row = a->input_row,
                    .x_pixel = a->input_pixel,
                    .dy = packed + ((ptrdiff_t)(from - block) * a->output_columns + tap->column) * panel_width,
                    .dy_row = (ptrdiff_t)a->output_columns * panel_width,
                    .rows = to > from ? to - from : 0,
                    .columns = tap->columns,
                    .add = block > 0,
                };
                const float *base = x + tap->input + (from - tap->row) * a->input_row;
                for (int32_t j = 0; j < tiles; j++) {
                    const int32_t first = (int32_t)((int64_t)part->inputs * j / tiles);
                    const int32_t count = (int32_t)((int64_t)part->inputs * (j + 1) / tiles) - first;
                    t.x = base + first;
                    t.sum = sum + (((ptrdiff_t)p * part->taps + k) * part->inputs + first) * panel_width;
                    if (lanes > MDL_LANES) gradient_wide(&t, count);
                    else gradient_narrow(&t, count);
                }
            }
        }
    }
}

// Writes a subtree's sum to the gradient.
static void store_gradient(
    const mdl_filter_gradient *a, const gradient_part_t *part, const float *sum, float *gradient) {
    for (int32_t p = 0; p < part->panels; p++) {
        const int32_t panel = part->first_panel + p, lanes = lanes_of_panel(a, panel);
        for (int32_t k = 0; k < part->taps; k++) {
            float *to = gradient + panel * panel_width +
                        ((ptrdiff_t)(part->first_tap + k) * a->inputs + part->first_input) * a->outputs;
            for (int32_t i = 0; i < part->inputs; i++, to += a->outputs, sum += panel_width) {
                for (int32_t lane = 0; lane < lanes; lane++) to[lane] = sum[lane];
            }
        }
    }
}

static void MDL_NAME(filter_gradient)(const void *arguments, int32_t item, int32_t worker) {
    const mdl_filter_gradient *a = arguments;
    const int32_t panels = (a->outputs + panel_width - 1) / panel_width;
    gradient_part_t part = {
        .first_panel = item / a->input_groups / a->tap_groups * a->panels_per_group,
        .panels = a->panels_per_group,
        .first_tap = item / a->input_groups % a->tap_groups * a->taps_per_group,
        .taps = a->taps_per_group,
        .first_input = item % a->input_groups * a->inputs_per_group,
        .inputs = a->inputs_per_group,
    };
    if (part.panels > panels - part.first_panel) part.panels = panels - part.first_panel;
    if (part.taps > a->tap_count - part.first_tap) part.taps = a->tap_count - part.first_tap;
    if (part.inputs > a->inputs - part.first_input) part.inputs = a->inputs - part.first_input;
    const ptrdiff_t size = (ptrdiff_t)part.panels * part.taps * part.inputs * panel_width;
    float *packed = a->scratch + worker * a->scratch_stride;
    float *scratch = packed + (ptrdiff_t)a->block_rows * a->output_columns * panel_width;
    int32_t live = 0;
    int32_t subtree = 0;
    for (int32_t sample = 0; sample < a->fold.samples; sample++) {
        gradient_of_sample(a, sample, &part, packed, scratch + live * size);
        live++;
        for (int32_t merge = 0; merge < a->fold.merges[sample]; merge++) {
            float *left = scratch + (live - 2) * size;
            const float *right = scratch + (live - 1) * size;
            for (ptrdiff_t i = 0; i < size; i++) left[i] += right[i];
            live--;
        }
        if (!a->fold.ends[sample]) continue;
        store_gradient(a, &part, scratch, a->filter_gradient + subtree * a->subtree_stride);
        live = 0;
        subtree++;
    }
}

static void MDL_NAME(bias_gradient)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_bias_gradient *a = arguments;
    const int32_t channel = item * mdl_bias_channels;
    const int32_t left = a->extent.channels - channel;
    const int32_t lanes = left < mdl_bias_channels ? left : mdl_bias_channels;
    float partial[40][mdl_bias_channels];
    int32_t live = 0;
    int32_t subtree = 0;
    for (int32_t sample = 0; sample < a->fold.samples; sample++) {
        double sum[mdl_bias_channels] = {0};
        for (int32_t row = 0; row < a->extent.height; row++) {
            const float *dy = a->output_gradient.data + sample * a->output_gradient.sample +
                              row * a->output_gradient.row + channel;
            for (int32_t column = 0; column < a->extent.width; column++, dy += a->output_gradient.pixel) {
                for (int32_t lane = 0; lane < lanes; lane++) sum[lane] += (double)dy[lane];
            }
        }
        for (int32_t lane = 0; lane < lanes; lane++) partial[live][lane] = (float)sum[lane];
        live++;
        for (int32_t merge = 0; merge < a->fold.merges[sample]; merge++, live--) {
            for (int32_t lane = 0; lane < lanes; lane++) partial[live - 2][lane] += partial[live - 1][lane];
        }
        if (!a->fold.ends[sample]) continue;
        float *out = a->bias_gradient + subtree * a->subtree_stride + channel;
        for (int32_t lane = 0; lane < lanes; lane++) out[lane] = partial[0][lane];
        live = 0;
        subtree++;
    }
}
