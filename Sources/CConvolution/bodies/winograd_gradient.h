// The three kernels of the gradient of a filter; part of winograd.h.

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

static void MDL_NAME(winograd_gradient_products)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t panels = (outputs + panel_width - 1) / panel_width;
    const int32_t first_panel = item % a->groups * a->panels_per_group;
    const int32_t last_panel = smaller(first_panel + a->panels_per_group, panels);
    const ptrdiff_t place = item / a->groups;   // of the sample
    const float *v = a->transformed_input + place * a->input_place;
    const float *m = a->transformed_gradient + place * a->gradient_place;
    float *to = a->products + place * a->product_place;
    enum { most = MDL_TILE > 8 ? 8 : MDL_TILE };   // what divides a block well
    for (int32_t panel = first_panel; panel < last_panel; panel++) {
        const int narrow = outputs - panel * panel_width <= MDL_LANES;
        const float *g = m + (ptrdiff_t)panel * a->tile_count * panel_width;
        for (int32_t channel = 0; channel < inputs; channel += block) {
            const int32_t count = smaller(block, inputs - channel);
            const int32_t parts = (count + most - 1) / most;
            for (int32_t part = 0; part < parts; part++) {
                const int32_t from = count * part / parts;
                const int32_t n = count * (part + 1) / parts - from;
                const float *in = v + (ptrdiff_t)channel * a->tile_count + from;
                float *out = to + ((ptrdiff_t)panel * inputs + channel + from) * panel_width;
                if (narrow) gradient_products_narrow(in, g, a->tile_count, out, a->first_tile > 0, n);
                else gradient_products_wide(in, g, a->tile_count, out, a->first_tile > 0, n);
            }
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

static void MDL_NAME(winograd_gradient_fold)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const int32_t size = a->tiles.size, places = (size + 2) * (size + 2);
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t groups = (inputs + mdl_winograd_fold_inputs - 1) / mdl_winograd_fold_inputs;
    const int32_t panel = item / groups;
    const int32_t channel = panel * panel_width;
    const int32_t lanes = smaller(panel_width, outputs - channel);
    const int32_t first = item % groups * mdl_winograd_fold_inputs;
    const int32_t count = smaller(mdl_winograd_fold_inputs, inputs - first);
    const ptrdiff_t filter = (ptrdiff_t)9 * inputs * outputs;
    // Partials that earlier samples left, and subtrees that they ended.
    int32_t live = 0, subtree = 0;
    for (int32_t sample = 0; sample < a->first_sample; sample++) {
        live += 1 - a->fold.merges[sample];
        if (!a->fold.ends[sample]) continue;
        live = 0;
        subtree++;
    }
    for (int32_t sample = a->first_sample; sample < a->first_sample + a->samples; sample++) {
        float top[9][mdl_winograd_fold_inputs][panel_width];
        const float *u = a->products + (ptrdiff_t)(sample - a->first_sample) * places * a->product_place +
                         ((ptrdiff_t)panel * inputs + first) * panel_width;
        for (int32_t i = 0; i < count; i++, u += panel_width) {
            const ptrdiff_t step = mdl_winograd_fold_inputs * panel_width;
            switch (size) {
            case 2: transform_filter_gradient(2, u, a->product_place, top[0][i], step, lanes); break;
            case 3: transform_filter_gradient(3, u, a->product_place, top[0][i], step, lanes); break;
            case 4: transform_filter_gradient(4, u, a->product_place, top[0][i], step, lanes); break;
            default: __builtin_unreachable();
            }
        }
        for (int32_t merge = 0; merge <= a->fold.merges[sample]; merge++) {
            // Merges with the partials below it, then stays where the last of them was.
            const int last = merge == a->fold.merges[sample];
            const int32_t level = last ? live - merge : live - 1 - merge;
            float *base = level == 0 ? a->filter_gradient + subtree * a->subtree_stride
                                     : a->partials + (level - 1) * filter;
            for (int32_t tap = 0; tap < 9; tap++) {
                for (int32_t i = 0; i < count; i++) {
                    float *below = base + ((ptrdiff_t)tap * inputs + first + i) * outputs + channel;
                    for (int k = 0; k < MDL_VECTORS && k * MDL_LANES < lanes; k++) {
                        float *own = top[tap][i] + k * MDL_LANES;
                        const int left = lanes - k * MDL_LANES;
                        if (last) store_lanes(below + k * MDL_LANES, load(own), left);
                        else store(own, load_lanes(below + k * MDL_LANES, left) + load(own));
                    }
                }
            }
        }
        live += 1 - a->fold.merges[sample];
        if (!a->fold.ends[sample]) continue;
        live = 0;
        subtree++;
    }
}
