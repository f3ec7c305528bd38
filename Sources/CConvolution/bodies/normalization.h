// Batch normalization; see normalization_arguments.h.
#include "../items.h"
#include "normalization_arguments.h"
#include "vector.h"

// Sums over the pixels of a chunk for `groups` neighbouring groups of 16 channels, whose accumulators stay in
// registers; `count` channels in the last group.
MDL_INLINE void sum_statistics(mdl_statistics a, mdl_item_rows part, int32_t channel, int32_t groups, int32_t count,
                               double *partial) {
    doubles sum[MDL_GROUPS];
    doubles square[MDL_GROUPS];
    for (int32_t group = 0; group < groups; group++) { sum[group] = square[group] = 0; }
    for (int32_t row = part.first; row < part.end; row++) {
        const float *x = mdl_row(a.x, part.sample, row) + channel;
        for (int32_t column = 0; column < a.extent.width; column++, x += a.x.pixel) {
#pragma unroll
            for (int32_t group = 0; group < groups; group++) {
                doubles value = widened(load(x + group * lanes, count));
                sum[group] += value;
                square[group] += value * value;
            }
        }
    }
    for (int32_t group = 0; group < groups; group++) {
        store_doubles(partial + channel + group * lanes, count, sum[group]);
        store_doubles(partial + a.extent.channels + channel + group * lanes, count, square[group]);
    }
}

static void MDL_NAME(mdl_statistics)(const void *arguments, int32_t item, int32_t worker) {
    mdl_statistics a = *(const mdl_statistics *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double *partial = a.partial + (ptrdiff_t)item * 2 * a.extent.channels;
    int32_t channel = 0;
    for (; channel + MDL_GROUPS * lanes <= a.extent.channels; channel += MDL_GROUPS * lanes) {
        sum_statistics(a, part, channel, MDL_GROUPS, lanes, partial);
    }
    for (; channel + lanes <= a.extent.channels; channel += lanes) {
        sum_statistics(a, part, channel, 1, lanes, partial);
    }
    if (channel < a.extent.channels) { sum_statistics(a, part, channel, 1, a.extent.channels - channel, partial); }
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

// As sum_statistics, for the sums of the gradient.
MDL_INLINE void sum_gradients(mdl_gradient_sums a, mdl_item_rows part, int32_t channel, int32_t groups, int32_t count,
                              double *partial) {
    doubles sum[MDL_GROUPS];
    doubles product[MDL_GROUPS];
    floats mean[MDL_GROUPS];
    floats inverse[MDL_GROUPS];
    ptrdiff_t words = (a.extent.channels + lanes - 1) / lanes;
    for (int32_t group = 0; group < groups; group++) {
        sum[group] = product[group] = 0;
        mean[group] = load(a.mean + channel + group * lanes, count);
        inverse[group] = load(a.inverse + channel + group * lanes, count);
    }
    for (int32_t row = part.first; row < part.end; row++) {
        const float *x = mdl_row(a.x, part.sample, row) + channel;
        const float *dy = mdl_row(a.dy, part.sample, row) + channel;
        ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width;
        const uint16_t *mask = a.mask ? a.mask + pixel * words + channel / lanes : NULL;
        for (int32_t column = 0; column < a.extent.width; column++) {
#pragma unroll
            for (int32_t group = 0; group < groups; group++) {
                floats g = load(dy + group * lanes, count);
                if (mask) { g = masked(mask[group], g); }
                floats xhat = (load(x + group * lanes, count) - mean[group]) * inverse[group];
                doubles wide = widened(g);
                sum[group] += wide;
                product[group] += wide * widened(xhat);
            }
            x += a.x.pixel;
            dy += a.dy.pixel;
            if (mask) { mask += words; }
        }
    }
    for (int32_t group = 0; group < groups; group++) {
        store_doubles(partial + channel + group * lanes, count, sum[group]);
        store_doubles(partial + a.extent.channels + channel + group * lanes, count, product[group]);
    }
}

static void MDL_NAME(mdl_gradient_sums)(const void *arguments, int32_t item, int32_t worker) {
    mdl_gradient_sums a = *(const mdl_gradient_sums *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double *partial = a.partial + (ptrdiff_t)item * 2 * a.extent.channels;
    int32_t channel = 0;
    for (; channel + MDL_GROUPS * lanes <= a.extent.channels; channel += MDL_GROUPS * lanes) {
        sum_gradients(a, part, channel, MDL_GROUPS, lanes, partial);
    }
    for (; channel + lanes <= a.extent.channels; channel += lanes) {
        sum_gradients(a, part, channel, 1, lanes, partial);
    }
    if (channel < a.extent.channels) { sum_gradients(a, part, channel, 1, a.extent.channels - channel, partial); }
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
