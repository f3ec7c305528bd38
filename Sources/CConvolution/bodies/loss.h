// The losses; see loss_arguments.h. Pixels are taken 16 at a time.
#include "../items.h"
#include "elementary.h"
#include "loss_arguments.h"
#include "vector.h"

#include <math.h>

// Adds one loss per pixel to the chunk's sum, in pixel order.
MDL_INLINE double added_in_order(double total, doubles losses, int32_t count) {
    for (int32_t lane = 0; lane < count; lane++) { total += losses[lane]; }
    return total;
}

// The logits of a pixel with -infinity beyond its channels.
MDL_INLINE floats load_logits(const float *from, int32_t count) {
    const ints lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lane < count ? load(from, count) : -INFINITY;
}

MDL_INLINE floats larger(floats a, floats b) { return a > b ? a : b; }  // b if one is NaN

MDL_INLINE doubles exponential_group(const float *output, float maximum, float *gradient, int32_t channel,
                                     int32_t count) {
    floats value = exponential(load_logits(output + channel, count) - maximum);
    if (gradient) { store(gradient + channel, count, value); }
    return widened(value);
}

// Cross-entropy of up to 16 neighbouring pixels; returns `total` with their losses added. The exponentials wait in
// the gradient's place until their sum is known.
MDL_INLINE double cross_entropy_pixels(mdl_loss a, const float *output, const float *labels, float *gradient,
                                       int32_t count, double total) {
    int32_t channels = a.extent.channels;
    double sums[lanes];
    double distances[lanes];
    double losses[lanes];
    for (int32_t i = 0; i < count; i++) {
        const float *logits = output + i * a.output.pixel;
        float *slopes = gradient ? gradient + i * a.gradient.pixel : NULL;
        floats most = -INFINITY;
        MDL_FOR_EACH_GROUP(channel, here, channels, most = larger(load_logits(logits + channel, here), most));
        float maximum = maximum_of_lanes(most);
        int valid = labels[i] >= 0 && labels[i] < (float)channels;
        distances[i] = valid ? (double)maximum - logits[(int32_t)labels[i]] : NAN;
        if (valid && a.smoothing > 0) {
            distances[i] += mdl_smoothing_distance(logits, channels, (int32_t)labels[i], a.smoothing);
        }
        doubles sum = 0;
        MDL_FOR_EACH_GROUP(channel, here, channels, sum += exponential_group(logits, maximum, slopes, channel, here));
        sums[i] = sum_of_lanes(sum);
    }
    for (int32_t i = count; i < lanes; i++) { sums[i] = 1; }
    store_doubles(losses, lanes, logarithm(load_doubles(sums, lanes)));
    for (int32_t i = 0; i < count; i++) {
        int known = labels[i] != 255;
        if (known) { total += losses[i] + distances[i]; }
        if (!gradient) { continue; }
        float *slopes = gradient + i * a.gradient.pixel;
        int valid = labels[i] >= 0 && labels[i] < (float)channels;
        float target = valid ? slopes[(int32_t)labels[i]] : 0;
        float factor = known ? (float)(a.scale[0] / sums[i]) : 0;
        if (known) {
            MDL_FOR_EACH_GROUP(channel, here, channels,
                               store(slopes + channel, here, load(slopes + channel, here) * factor));
        } else {
            MDL_FOR_EACH_GROUP(channel, here, channels, store(slopes + channel, here, 0));
        }
        // Of a probability near 1 the difference from 1 is formed before it is rounded.
        if (known && valid) { slopes[(int32_t)labels[i]] = (float)((target - sums[i]) / sums[i] * a.scale[0]); }
        if (known && valid && a.smoothing > 0) {
            float even = (float)(a.smoothing / channels * a.scale[0]);
            slopes[(int32_t)labels[i]] += (float)(a.smoothing * a.scale[0]);
            for (int32_t channel = 0; channel < channels; channel++) { slopes[channel] -= even; }
        }
    }
    return total;
}

static void MDL_NAME(mdl_loss_cross_entropy)(const void *arguments, int32_t item, int32_t worker) {
    mdl_loss a = *(const mdl_loss *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        const float *output = mdl_row(a.output, part.sample, row);
        const float *labels = a.labels + ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width;
        float *gradient = a.gradient.data ? mdl_row(a.gradient, part.sample, row) : NULL;
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            total = cross_entropy_pixels(a, output + column * a.output.pixel, labels + column,
                                         gradient ? gradient + column * a.gradient.pixel : NULL, count, total);
        }
    }
    a.partial[item] = total;
}

// positive * t * softplus(-o) + negative * (1 - t) * softplus(o), an unknown pixel counting as o = t = 0 where
// `unknown_counts` is set. With e = exp(-|o|): softplus(o) = max(o, 0) + log(1 + e), and the sigmoid is
// 1 / (1 + e) or e / (1 + e).
MDL_INLINE void binary_loss(mdl_loss a, int32_t item, double positive, double negative, int unknown_counts) {
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            floats o = load_strided(output, a.output.pixel, count);
            floats label = load(a.labels + pixel, count);
            ints known = label != 255;
            longs wide_known = widened_choice(known);
            o = known ? o : 0;
            doubles t = widened(known ? label : 0);
            doubles e = widened(exponential(o < 0 ? o : -o));
            doubles tail = logarithm_of_one_plus(e);
            doubles against = widened(o < 0 ? -o : 0) + tail;  // softplus(-o)
            doubles toward = widened(rectified(o)) + tail;     // softplus(o)
            doubles losses = positive * t * against + negative * (1 - t) * toward;
            if (!unknown_counts) { losses = wide_known ? losses : 0; }
            total = added_in_order(total, losses, count);
            if (!a.gradient.data) { continue; }
            doubles large = 1 / (1 + e);
            doubles small = e / (1 + e);
            longs below = widened_choice(o < 0);
            doubles slope = negative * (1 - t) * (below ? small : large) - positive * t * (below ? large : small);
            slope = wide_known ? slope * (double)a.scale[0] : 0;
            store_strided(mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel, a.gradient.pixel, count,
                          narrowed(slope));
        }
    }
    a.partial[item] = total;
}

static void MDL_NAME(mdl_loss_edge)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    binary_loss(*(const mdl_loss *)arguments, item, 0.95, 0.05, 0);
}

static void MDL_NAME(mdl_loss_saliency)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    binary_loss(*(const mdl_loss *)arguments, item, 1, 1, 1);
}

// Sum of |o - t| over the `channels` of a pixel, known where one of the labels is not 0.
MDL_INLINE void absolute_loss(mdl_loss a, int32_t item, int32_t channels) {
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            const float *labels = a.labels + pixel * channels;
            ints known = 0;
            doubles losses = 0;
            for (int32_t channel = 0; channel < channels; channel++) {
                floats o = load_strided(output + channel, a.output.pixel, count);
                floats t = load_strided(labels + channel, channels, count);
                known |= t != 0;
                losses += __builtin_elementwise_abs(widened(o) - widened(t));
            }
            total = added_in_order(total, widened_choice(known) ? losses : 0, count);
            if (!a.gradient.data) { continue; }
            float *gradient = mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel;
            for (int32_t channel = 0; channel < channels; channel++) {
                floats o = load_strided(output + channel, a.output.pixel, count);
                floats t = load_strided(labels + channel, channels, count);
                floats slope = o > t ? a.scale[0] : (o < t ? -a.scale[0] : 0);
                store_strided(gradient + channel, a.gradient.pixel, count, known ? slope : 0);
            }
        }
    }
    a.partial[item] = total;
}

static void MDL_NAME(mdl_loss_depth)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    absolute_loss(*(const mdl_loss *)arguments, item, 1);
}

static void MDL_NAME(mdl_loss_normals)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    absolute_loss(*(const mdl_loss *)arguments, item, 3);
}
