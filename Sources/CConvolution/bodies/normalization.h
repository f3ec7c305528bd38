// Batch normalization; see normalization_arguments.h.
#include "../items.h"
#include "normalization_arguments.h"
#include "vector.h"

// Calls `statement` with the constants `groups` = MDL_GROUPS and `count` = 16 as long as there are so many channels,
// then for one group at a time, then for what is left.
#define MDL_FOR_EACH_GROUPS(channel, groups, count, channels, statement)                          \
    do {                                                                                          \
        int32_t channel = 0;                                                                      \
        for (; channel + MDL_GROUPS * lanes <= (channels); channel += MDL_GROUPS * lanes) {       \
            const int32_t groups = MDL_GROUPS, count = lanes;                                     \
            statement;                                                                            \
        }                                                                                         \
        for (; channel + lanes <= (channels); channel += lanes) {                                 \
            const int32_t groups = 1, count = lanes;                                              \
            statement;                                                                            \
        }                                                                                         \
        if (channel < (channels)) {                                                               \
            const int32_t groups = 1, count = (channels) - channel;                               \
            statement;                                                                            \
        }                                                                                         \
    } while (0)

// Sums visit the channels of a few pixels after another, so that what they read stays near, and keep their place in
// `partial` between the visits: some 2 KB of one tensor per visit, because with AVX2 longer visits of two tensors push
// each other out of the nearest cache; a whole row where the sums of all channels fit the registers. It does not change
// the order of any sum.
MDL_INLINE int32_t pixels_per_visit(int32_t channels, int32_t width) {
    if (channels == MDL_GROUPS * lanes) { return width; }
    return channels < 64 ? 512 / channels : 8;
}

// How far ahead of what a visit reads it fetches what the next one will: the processor does not foresee a reading that
// goes from pixel to pixel and then returns for the next channels. 0 where it needs no help.
MDL_INLINE ptrdiff_t fetched_ahead(int32_t channels, ptrdiff_t pixel) { return channels > 64 ? 8 * pixel : 0; }

MDL_INLINE void fetch(const float *x, ptrdiff_t ahead) {
    if (ahead != 0) { __builtin_prefetch(x + ahead, 0, 2); }
}

// sum + a * b. The product of two numbers that were float32 is exact in double, so a fused multiply-add, where there is
// one, rounds the same.
MDL_INLINE doubles plus_product(doubles sum, doubles a, doubles b) {
#if defined(MDL_AVX512) || defined(MDL_AVX2)
    return __builtin_elementwise_fma(a, b, sum);
#else
    return sum + a * b;
#endif
}

// Adds `pixels` neighbouring pixels to the sums of `groups` neighbouring groups of 16 channels, `count` channels in
// the last; the accumulators are in registers.
MDL_INLINE void visit_statistics(const float *x, ptrdiff_t stride, int32_t channels, int32_t pixels, double *sums,
                                 double *squares, int32_t groups, int32_t count) {
    doubles sum[MDL_GROUPS];
    doubles square[MDL_GROUPS];
    ptrdiff_t ahead = fetched_ahead(channels, stride);
    for (int32_t group = 0; group < groups; group++) {
        sum[group] = load_doubles(sums + group * lanes, count);
        square[group] = load_doubles(squares + group * lanes, count);
    }
    for (int32_t pixel = 0; pixel < pixels; pixel++, x += stride) {
#pragma unroll
        for (int32_t group = 0; group < groups; group++) {
            fetch(x + group * lanes, ahead);
            doubles value = widened(load(x + group * lanes, count));
            sum[group] += value;
            square[group] = plus_product(square[group], value, value);
        }
    }
    for (int32_t group = 0; group < groups; group++) {
        store_doubles(sums + group * lanes, count, sum[group]);
        store_doubles(squares + group * lanes, count, square[group]);
    }
}

static void MDL_NAME(mdl_statistics)(const void *arguments, int32_t item, int32_t worker) {
    mdl_statistics a = *(const mdl_statistics *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double *sums = a.partial + (ptrdiff_t)item * 2 * channels;
    double *squares = sums + channels;
    memset(sums, 0, (size_t)channels * 2 * sizeof(double));
    for (int32_t row = part.first; row < part.end; row++) {
        const float *x = mdl_row(a.x, part.sample, row);
        int32_t pixels = pixels_per_visit(channels, a.extent.width);
        for (int32_t left = a.extent.width; left > 0; left -= pixels, x += pixels * a.x.pixel) {
            if (pixels > left) { pixels = left; }
            MDL_FOR_EACH_GROUPS(
                channel, groups, count, channels,
                visit_statistics(x + channel, a.x.pixel, channels, pixels, sums + channel, squares + channel, groups,
                                 count));
        }
    }
}

MDL_INLINE void normalize_group(mdl_normalize a, const float *x, const float *residual, float *y, uint16_t *mask,
                                int32_t channel, int32_t count) {
    floats value = (load(x + channel, count) - load(a.mean + channel, count)) * load(a.scale + channel, count);
    value += load(a.beta + channel, count);
    if (residual) { value += load(residual + channel, count); }
    if (a.relu) { value = rectified(value); }
    if (mask) { mask[channel / lanes] = mask_of_positive(value); }
    store(y + channel, count, value);
}

static void MDL_NAME(mdl_normalize)(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalize a = *(const mdl_normalize *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    ptrdiff_t words = (channels + lanes - 1) / lanes;
    for (int32_t row = part.first; row < part.end; row++) {
        const float *x = mdl_row(a.x, part.sample, row);
        const float *residual = a.residual.data ? mdl_row(a.residual, part.sample, row) : NULL;
        float *y = mdl_row(a.y, part.sample, row);
        ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width;
        uint16_t *mask = a.mask ? a.mask + pixel * words : NULL;
        for (int32_t column = 0; column < a.extent.width; column++) {
            MDL_FOR_EACH_GROUP(channel, count, channels, normalize_group(a, x, residual, y, mask, channel, count));
            x += a.x.pixel;
            y += a.y.pixel;
            if (residual) { residual += a.residual.pixel; }
            if (mask) { mask += words; }
        }
    }
}

// As visit_statistics, for the sums of the gradient; `mask` is the word of the first pixel and group.
MDL_INLINE void visit_gradients(mdl_gradient_sums a, const float *x, const float *dy, const uint16_t *mask,
                                int32_t pixels, int32_t channel, double *sums, double *products, int32_t groups,
                                int32_t count) {
    doubles sum[MDL_GROUPS];
    doubles product[MDL_GROUPS];
    floats mean[MDL_GROUPS];
    floats inverse[MDL_GROUPS];
    ptrdiff_t words = (a.extent.channels + lanes - 1) / lanes;
    ptrdiff_t x_ahead = fetched_ahead(a.extent.channels, a.x.pixel);
    ptrdiff_t dy_ahead = fetched_ahead(a.extent.channels, a.dy.pixel);
    for (int32_t group = 0; group < groups; group++) {
        sum[group] = load_doubles(sums + channel + group * lanes, count);
        product[group] = load_doubles(products + channel + group * lanes, count);
        mean[group] = load(a.mean + channel + group * lanes, count);
        inverse[group] = load(a.inverse + channel + group * lanes, count);
    }
    x += channel;
    dy += channel;
    for (int32_t pixel = 0; pixel < pixels; pixel++, x += a.x.pixel, dy += a.dy.pixel) {
#pragma unroll
        for (int32_t group = 0; group < groups; group++) {
            fetch(x + group * lanes, x_ahead);
            fetch(dy + group * lanes, dy_ahead);
            floats g = load(dy + group * lanes, count);
            if (mask) { g = masked(mask[pixel * words + channel / lanes + group], g); }
            floats xhat = (load(x + group * lanes, count) - mean[group]) * inverse[group];
            doubles wide = widened(g);
            sum[group] += wide;
            product[group] = plus_product(product[group], wide, widened(xhat));
        }
    }
    for (int32_t group = 0; group < groups; group++) {
        store_doubles(sums + channel + group * lanes, count, sum[group]);
        store_doubles(products + channel + group * lanes, count, product[group]);
    }
}

static void MDL_NAME(mdl_gradient_sums)(const void *arguments, int32_t item, int32_t worker) {
    mdl_gradient_sums a = *(const mdl_gradient_sums *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    ptrdiff_t words = (channels + lanes - 1) / lanes;
    double *sums = a.partial + (ptrdiff_t)item * 2 * channels;
    double *products = sums + channels;
    memset(sums, 0, (size_t)channels * 2 * sizeof(double));
    for (int32_t row = part.first; row < part.end; row++) {
        const float *x = mdl_row(a.x, part.sample, row);
        const float *dy = mdl_row(a.dy, part.sample, row);
        ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width;
        const uint16_t *mask = a.mask ? a.mask + pixel * words : NULL;
        int32_t pixels = pixels_per_visit(channels, a.extent.width);
        for (int32_t left = a.extent.width; left > 0; left -= pixels) {
            if (pixels > left) { pixels = left; }
            MDL_FOR_EACH_GROUPS(channel, groups, count, channels,
                                visit_gradients(a, x, dy, mask, pixels, channel, sums, products, groups, count));
            x += pixels * a.x.pixel;
            dy += pixels * a.dy.pixel;
            if (mask) { mask += pixels * words; }
        }
    }
}

MDL_INLINE void normalize_backward_group(mdl_normalize_backward a, const float *x, const float *dy, float *dx,
                                         float *residual, const uint16_t *mask, int32_t channel, int32_t count) {
    floats g = load(dy + channel, count);
    if (mask) { g = masked(mask[channel / lanes], g); }
    floats xhat = (load(x + channel, count) - load(a.mean + channel, count)) * load(a.inverse + channel, count);
    floats value = g - load(a.mean_g + channel, count) - xhat * load(a.mean_gx + channel, count);
    if (residual) { deposit(residual + channel, count, g, a.accumulate_residual); }
    deposit(dx + channel, count, load(a.scale + channel, count) * value, a.accumulate);
}

static void MDL_NAME(mdl_normalize_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalize_backward a = *(const mdl_normalize_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    ptrdiff_t words = (channels + lanes - 1) / lanes;
    for (int32_t row = part.first; row < part.end; row++) {
        const float *x = mdl_row(a.x, part.sample, row);
        const float *dy = mdl_row(a.dy, part.sample, row);
        float *dx = mdl_row(a.dx, part.sample, row);
        float *residual = a.residual.data ? mdl_row(a.residual, part.sample, row) : NULL;
        ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width;
        const uint16_t *mask = a.mask ? a.mask + pixel * words : NULL;
        for (int32_t column = 0; column < a.extent.width; column++) {
            MDL_FOR_EACH_GROUP(channel, count, channels,
                               normalize_backward_group(a, x, dy, dx, residual, mask, channel, count));
            x += a.x.pixel;
            dy += a.dy.pixel;
            dx += a.dx.pixel;
            if (residual) { residual += a.residual.pixel; }
            if (mask) { mask += words; }
        }
    }
}
