// The losses; see loss_arguments.h. Pixels are taken 16 at a time.
#include "../items.h"
#include "cross_entropy.h"
#include "elementary.h"
#include "loss_arguments.h"
#include "vector.h"

#include <math.h>

// Adds one loss per pixel to the chunk's sum, in pixel order.
MDL_INLINE double added_in_order(double total, doubles losses, int32_t count) {
    for (int32_t lane = 0; lane < count; lane++) { total += losses[lane]; }
    return total;
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
