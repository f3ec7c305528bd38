// The kernels of the gradient of a filter; part of winograd.h.

static void MDL_NAME(winograd_gradient_transform)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const mdl_winograd_tiles *tiles = &a->tiles;
    const int32_t size = tiles->size, places = (size + 2) * (size + 2);
    const int32_t of_gradient = item % 2, sample = item / 2 / a->chunks;
    const int32_t first = item / 2 % a->chunks * a->chunk_tiles;
    const int32_t end = smaller(first + a->chunk_tiles, a->tile_count);
    for (int32_t t = first; t < end; t++) {
        place_t place = place_of(tiles, a->first_tile + t);
        place.sample = a->first_sample + sample;
        if (of_gradient) {
            const square_t from = square_at(a->output_gradient, a->output_extent, place, 0, tiles->step, size);
            gradient_transforms[size](
                &from, a->output_extent.channels,
                a->transformed_gradient + sample * places * a->gradient_place + (ptrdiff_t)t * panel_width,
                a->gradient_place, (ptrdiff_t)a->tile_count * panel_width);
        } else {
            const square_t from =
                square_at(a->input, a->input_extent, place, tiles->padding, tiles->step, size + 2);
            input_transforms[size](
                &from, a->input_extent.channels,
                a->transformed_input + sample * places * a->input_place + (ptrdiff_t)t * block, a->input_place,
                (ptrdiff_t)a->tile_count * block);
        }
    }
}

// sum[input][panel] = (`add`: what is there +) the sum over tiles of v[tile][input] * m[tile][panel].
MDL_INLINE void gradient_products(
    const float *v, const float *m, int32_t tiles, float *to, const int32_t add, const int inputs, const int vectors) {
    vec sum[MDL_TILE][MDL_VECTORS];
    MDL_UNROLLED for (int i = 0; i < inputs; i++) {
        MDL_UNROLLED for (int k = 0; k < vectors; k++) sum[i][k] = (vec)0.0f;
        if (add) __builtin_prefetch(to + i * panel_width, 1);
    }
    for (int32_t t = 0; t < tiles; t++) {
        vec g[MDL_VECTORS];
        MDL_UNROLLED for (int k = 0; k < vectors; k++) g[k] = load(m + k * MDL_LANES);
        MDL_UNROLLED for (int i = 0; i < inputs; i++) {
            const vec value = (vec)v[i];
            MDL_UNROLLED for (int k = 0; k < vectors; k++) sum[i][k] = MDL_FMA(value, g[k], sum[i][k]);
        }
        v += block;
        m += panel_width;
    }
    MDL_UNROLLED for (int i = 0; i < inputs; i++) {
        MDL_UNROLLED for (int k = 0; k < vectors; k++) {
            float *out = to + i * panel_width + k * MDL_LANES;
            store(out, add ? load(out) + sum[i][k] : sum[i][k]);
        }
    }
}

#define MDL_GRADIENT_PRODUCTS_CASE(n) \
    case n: \
        gradient_products(v, m, tiles, to, add, n, vectors); \
        break;

MDL_INLINE void gradient_products_of(
    const float *v, const float *m, int32_t tiles, float *to, int32_t add, int inputs, const int vectors) {
    switch (inputs) {
        MDL_GRADIENT_PRODUCTS_CASE(1) MDL_GRADIENT_PRODUCTS_CASE(2) MDL_GRADIENT_PRODUCTS_CASE(3)
        MDL_GRADIENT_PRODUCTS_CASE(4) MDL_GRADIENT_PRODUCTS_CASE(5) MDL_GRADIENT_PRODUCTS_CASE(6)
#if MDL_TILE > 6
        MDL_GRADIENT_PRODUCTS_CASE(7) MDL_GRADIENT_PRODUCTS_CASE(8)
#endif
    default: __builtin_unreachable();
    }
}

static __attribute__((noinline)) void gradient_products_narrow(
    const float *v, const float *m, int32_t tiles, float *to, int32_t add, int inputs) {
    gradient_products_of(v, m, tiles, to, add, inputs, 1);
}
static __attribute__((noinline)) void gradient_products_wide(
    const float *v, const float *m, int32_t tiles, float *to, int32_t add, int inputs) {
    gradient_products_of(v, m, tiles, to, add, inputs, MDL_VECTORS);
}

// The products of one place, one panel and `inputs` input channels, which lie in one block of channels from v on, over
// all tiles that are here: to[input][panel width].
static void products_of_place(
    const mdl_winograd_gradient *a, const float *v, const float *g, int32_t inputs, int narrow, float *to) {
    enum { most = MDL_TILE > 8 ? 8 : MDL_TILE };   // divides a block of channels well
    const int32_t parts = (inputs + most - 1) / most;
    for (int32_t part = 0; part < parts; part++) {
        const int32_t from = inputs * part / parts;
        const int32_t n = inputs * (part + 1) / parts - from;
        float *out = to + from * panel_width;
        for (int32_t first = 0; first < a->tile_count; first += a->block_tiles) {
            const int32_t tiles = smaller(a->block_tiles, a->tile_count - first);
            const int32_t add = a->first_tile + first > 0;
            const float *in = v + first * block + from;
            if (narrow) gradient_products_narrow(in, g + first * panel_width, tiles, out, add, n);
            else gradient_products_wide(in, g + first * panel_width, tiles, out, add, n);
        }
    }
}

static void MDL_NAME(winograd_gradient_products)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t panels = (outputs + panel_width - 1) / panel_width;
    const int32_t first_panel = item % a->groups * a->panels_per_group;
    const int32_t last_panel = smaller(first_panel + a->panels_per_group, panels);
    const ptrdiff_t place = item / a->groups;   // among those of all samples
    const float *v = a->transformed_input + place * a->input_place;
    const float *g = a->transformed_gradient + place * a->gradient_place;
    float *to = a->products + place * a->product_place;
    for (int32_t panel = first_panel; panel < last_panel; panel++) {
        for (int32_t channel = 0; channel < inputs; channel += block) {
            products_of_place(
                a, v + (ptrdiff_t)channel * a->tile_count, g + (ptrdiff_t)panel * a->tile_count * panel_width,
                smaller(block, inputs - channel), outputs - panel * panel_width <= MDL_LANES,
                to + ((ptrdiff_t)panel * inputs + channel) * panel_width);
        }
    }
}

// G' u G of one row of one panel, to [tap][panel width], `step` floats from tap to tap.
MDL_INLINE void transform_filter_gradient(
    const int size, const float *u, ptrdiff_t place, float *to, const ptrdiff_t step, int32_t lanes) {
    const int places = size + 2;
    for (int k = 0; k < MDL_VECTORS && k * MDL_LANES < lanes; k++) {
        vec values[most_places], columns[3 * (mdl_winograd_most + 2)], line[3];
        MDL_UNROLLED for (int p = 0; p < places * places; p++) values[p] = load(u + p * place + k * MDL_LANES);
        MDL_UNROLLED for (int j = 0; j < places; j++) {
            filter_gradient_line(size, values + j, places, line);
            MDL_UNROLLED for (int i = 0; i < 3; i++) columns[i * places + j] = line[i];
        }
        MDL_UNROLLED for (int i = 0; i < 3; i++) {
            filter_gradient_line(size, columns + i * places, 1, line);
            MDL_UNROLLED for (int j = 0; j < 3; j++) store(to + (i * 3 + j) * step + k * MDL_LANES, line[j]);
        }
    }
}

// Where an item of the fold stands: partials that live, and subtrees that are complete.
typedef struct {
    int32_t live;
    int32_t subtree;
} fold_t;

static inline fold_t after_sample(const mdl_winograd_gradient *a, fold_t fold, int32_t sample) {
    if (a->fold.ends[sample]) return (fold_t){0, fold.subtree + 1};
    return (fold_t){fold.live + 1 - a->fold.merges[sample], fold.subtree};
}

static inline fold_t before_sample(const mdl_winograd_gradient *a, int32_t sample) {
    fold_t fold = {0, 0};
    for (int32_t earlier = 0; earlier < sample; earlier++) fold = after_sample(a, fold, earlier);
    return fold;
}

// Transforms a sample's products u[input][panel width], `place` floats from place to place, and folds them.
static void fold_sample(
    const mdl_winograd_gradient *a, fold_t fold, int32_t sample, int32_t panel, int32_t first, int32_t count,
    const float *u, ptrdiff_t place) {
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t channel = panel * panel_width;
    const int32_t lanes = smaller(panel_width, outputs - channel);
    const ptrdiff_t filter = (ptrdiff_t)9 * inputs * outputs;
    enum { tap_floats = block * panel_width + 16 };
    float top[9][tap_floats];
    for (int32_t i = 0; i < count; i++, u += panel_width) {
        switch (a->tiles.size) {
        case 2: transform_filter_gradient(2, u, place, top[0] + i * panel_width, tap_floats, lanes); break;
        case 3: transform_filter_gradient(3, u, place, top[0] + i * panel_width, tap_floats, lanes); break;
        case 4: transform_filter_gradient(4, u, place, top[0] + i * panel_width, tap_floats, lanes); break;
        default: __builtin_unreachable();
        }
    }
    // Merges with the partials below, then stays where the last of them was.
    const int32_t merges = a->fold.merges[sample];
    for (int32_t merge = 0; merge <= merges; merge++) {
        const int last = merge == merges;
        const int32_t level = last ? fold.live - merge : fold.live - 1 - merge;
        float *base = level == 0 ? a->filter_gradient + fold.subtree * a->subtree_stride
                                 : a->partials + (level - 1) * filter;
        for (int32_t tap = 0; tap < 9; tap++) {
            for (int32_t i = 0; i < count; i++) {
                float *below = base + ((ptrdiff_t)tap * inputs + first + i) * outputs + channel;
                for (int k = 0; k < MDL_VECTORS && k * MDL_LANES < lanes; k++) {
                    float *own = top[tap] + i * panel_width + k * MDL_LANES;
                    const int left = lanes - k * MDL_LANES;
                    if (last) store_lanes(below + k * MDL_LANES, load(own), left);
                    else store(own, load_lanes(below + k * MDL_LANES, left) + load(own));
                }
            }
        }
    }
}

static void MDL_NAME(winograd_gradient_fold)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const int32_t places = (a->tiles.size + 2) * (a->tiles.size + 2);
    const int32_t inputs = a->input_extent.channels;
    const int32_t groups = (inputs + block - 1) / block;
    const int32_t panel = item / groups, first = item % groups * block;
    fold_t fold = before_sample(a, a->first_sample);
    for (int32_t sample = 0; sample < a->samples; sample++) {
        const float *u = a->products + (ptrdiff_t)sample * places * a->product_place +
                         ((ptrdiff_t)panel * inputs + first) * panel_width;
        fold_sample(a, fold, a->first_sample + sample, panel, first, smaller(block, inputs - first), u, a->product_place);
        fold = after_sample(a, fold, a->first_sample + sample);
    }
}

static void MDL_NAME(winograd_gradient_whole)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const int32_t places = (a->tiles.size + 2) * (a->tiles.size + 2);
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t groups = (inputs + block - 1) / block;
    const int32_t panel = item / groups, first = item % groups * block;
    const int32_t count = smaller(block, inputs - first);
    const int narrow = outputs - panel * panel_width <= MDL_LANES;
    // An odd number of cache lines from place to place, see WinogradTiles.placeStride.
    float u[most_places][block * panel_width + 16];
    fold_t fold = before_sample(a, a->first_sample);
    for (int32_t sample = 0; sample < a->samples; sample++) {
        for (int32_t k = 0; k < places; k++) {
            const ptrdiff_t place = (ptrdiff_t)sample * places + k;
            products_of_place(
                a, a->transformed_input + place * a->input_place + (ptrdiff_t)first * a->tile_count,
                a->transformed_gradient + place * a->gradient_place + (ptrdiff_t)panel * a->tile_count * panel_width,
                count, narrow, u[k]);
        }
        fold_sample(a, fold, a->first_sample + sample, panel, first, count, u[0], block * panel_width + 16);
        fold = after_sample(a, fold, a->first_sample + sample);
    }
}
