// Cross-entropy of the softmax over channels; see loss_arguments.h.
#pragma once

#include "../items.h"
#include "elementary.h"
#include "loss_arguments.h"
#include "transpose.h"
#include "vector.h"

#include <math.h>

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
MDL_INLINE double cross_entropy_pixels(mdl_cross_entropy e, const float *output, const float *labels, float *gradient,
                                       int32_t count, double total) {
    mdl_loss a = e.loss;
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
        if (valid && e.smoothing > 0) {
            distances[i] += mdl_smoothing_distance(logits, channels, (int32_t)labels[i], e.smoothing);
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
        if (known && valid && e.smoothing > 0) {
            float even = (float)(e.smoothing / channels * a.scale[0]);
            slopes[(int32_t)labels[i]] += (float)(e.smoothing * a.scale[0]);
            for (int32_t channel = 0; channel < channels; channel++) { slopes[channel] -= even; }
        }
    }
    return total;
}

enum { most_channels_across = 64 };

// Sum over the channels from `lane` on, 16 apart.
MDL_INLINE doubles sum_of_lane(const floats *values, int32_t channels, int32_t lane) {
    doubles sum = 0;
    for (int32_t channel = lane; channel < channels; channel += lanes) { sum += widened(values[channel]); }
    return sum;
}

// The sums of the channels of 16 pixels, in the order in which cross_entropy_pixels forms the sum of one.
MDL_INLINE doubles sums_across(const floats *values, int32_t channels) {
    doubles halves[4];
    for (int32_t lane = 0; lane < 4; lane++) {
        halves[lane] = (sum_of_lane(values, channels, lane) + sum_of_lane(values, channels, lane + 8)) +
                       (sum_of_lane(values, channels, lane + 4) + sum_of_lane(values, channels, lane + 12));
    }
    return (halves[0] + halves[2]) + (halves[1] + halves[3]);
}

MDL_INLINE void load_across(const float *from, ptrdiff_t pixel, int32_t count, floats *to) {
#pragma unroll
    for (int32_t i = 0; i < lanes; i++) { to[i] = load(from + i * pixel, count); }
    transpose(to);
}

MDL_INLINE void store_across(float *to, ptrdiff_t pixel, int32_t count, floats *values) {
    transpose(values);
    for (int32_t i = 0; i < lanes; i++) { store(to + i * pixel, count, values[i]); }
}

// The same for 16 pixels of few channels, a pixel to a lane, with the same bits: pixel by pixel most of the time would
// go by waiting for one result after the other.
MDL_INLINE double cross_entropy_across(mdl_cross_entropy e, const float *output, const float *labels, float *gradient,
                                       double total) {
    mdl_loss a = e.loss;
    int32_t channels = a.extent.channels;
    floats values[most_channels_across];
    MDL_FOR_EACH_GROUP(channel, here, channels,
                       load_across(output + channel, a.output.pixel, here, values + channel));
    floats label = load(labels, lanes);
    ints known = label != 255;
    ints valid = label >= 0 & label < (float)channels;
    ints own = __builtin_convertvector(valid ? label : -1, ints);
    floats maximum = -INFINITY;
    for (int32_t channel = 0; channel < channels; channel++) { maximum = larger(values[channel], maximum); }
    floats logit = 0;
    floats target = 0;
    for (int32_t channel = 0; channel < channels; channel++) {
        logit = own == channel ? values[channel] : logit;
        values[channel] = exponential(values[channel] - maximum);
        target = own == channel ? values[channel] : target;
    }
    doubles sums = sums_across(values, channels);
    double distances[lanes];
    double losses[lanes];
    store_doubles(losses, lanes, logarithm(sums));
    store_doubles(distances, lanes, widened_choice(valid) ? widened(maximum) - widened(logit) : NAN);
    for (int32_t i = 0; i < lanes; i++) {
        if (e.smoothing > 0 && valid[i]) {
            distances[i] += mdl_smoothing_distance(output + i * a.output.pixel, channels, own[i], e.smoothing);
        }
        if (known[i]) { total += losses[i] + distances[i]; }
    }
    if (!gradient) { return total; }
    double scale = a.scale[0];
    floats factor = narrowed(scale / sums);
    floats slope = narrowed((widened(target) - sums) / sums * scale);
    float toward = (float)(e.smoothing * scale);
    float even = (float)(e.smoothing / channels * scale);
    for (int32_t channel = 0; channel < channels; channel++) {
        floats value = own == channel ? slope : values[channel] * factor;
        if (e.smoothing > 0) {
            value += own == channel ? toward : 0;
            value = valid ? value - even : value;
        }
        values[channel] = known ? value : 0;
    }
    MDL_FOR_EACH_GROUP(channel, here, channels,
                       store_across(gradient + channel, a.gradient.pixel, here, values + channel));
    return total;
}

// The weight of a class.
MDL_INLINE double class_weight(mdl_cross_entropy e, int32_t class) { return e.weights ? e.weights[class] : 1; }

// Of a group of classes: their weights.
MDL_INLINE doubles class_weights(mdl_cross_entropy e, int32_t class, int32_t count) {
    return e.weights ? load_doubles(e.weights + class, count) : 1;
}

// What up to 16 neighbouring pixels are weighted with, by lane: T_t of its class t without smoothing, the sum of all T,
// what smoothing adds to the loss, and what it adds to the gradient of the class itself.
typedef struct pixel_truth {
    double mass[lanes];
    double added[lanes];
    double own[lanes];
} pixel_truth;

MDL_INLINE void set_truth(mdl_cross_entropy e, const float *logits, int32_t class, int32_t lane, pixel_truth *truth) {
    int32_t channels = e.loss.extent.channels;
    double weight = class_weight(e, class);
    truth->mass[lane] = weight;
    truth->added[lane] = 0;
    truth->own[lane] = 0;
    if (e.smoothing <= 0) { return; }
    double sum = 0;
    double distance = 0;
    for (int32_t channel = 0; channel < channels; channel++) {
        sum += class_weight(e, channel);
        distance += class_weight(e, channel) * ((double)logits[class] - logits[channel]);
    }
    double even = e.smoothing / channels;
    truth->mass[lane] = (1 - e.smoothing) * weight + even * sum;
    truth->added[lane] = even * distance;
    truth->own[lane] = even * (sum - weight);
}

// Cross-entropy with class weights, focal, with the Dice term's gradient, of up to 16 neighbouring pixels; returns
// `total` with their losses added. The exponentials wait in the gradient's place until their sum is known.
MDL_INLINE double weighted_cross_entropy_pixels(mdl_cross_entropy e, const double *overlap, const float *output,
                                                const float *labels, float *gradient, int32_t count, double total) {
    mdl_loss a = e.loss;
    int32_t channels = a.extent.channels;
    double sums[lanes];
    float distances[lanes] = {0};
    pixel_truth truth = {{0}, {0}, {0}};
    for (int32_t i = 0; i < count; i++) {
        const float *logits = output + i * a.output.pixel;
        float *slopes = gradient ? gradient + i * a.gradient.pixel : NULL;
        floats most = -INFINITY;
        MDL_FOR_EACH_GROUP(channel, here, channels, most = larger(load_logits(logits + channel, here), most));
        float maximum = maximum_of_lanes(most);
        int valid = labels[i] >= 0 && labels[i] < (float)channels;
        truth.added[i] = NAN;
        if (valid) {
            distances[i] = maximum - logits[(int32_t)labels[i]];
            set_truth(e, logits, (int32_t)labels[i], i, &truth);
        }
        doubles sum = 0;
        MDL_FOR_EACH_GROUP(channel, here, channels, sum += exponential_group(logits, maximum, slopes, channel, here));
        sums[i] = sum_of_lanes(sum);
    }
    for (int32_t i = count; i < lanes; i++) { sums[i] = 1; }
    doubles sum = load_doubles(sums, lanes);
    floats distance = load_full(distances);
    doubles target = widened(exponential(-distance));
    doubles probability = target / sum;
    // Of a probability near 1 the difference from 1 is formed before it is rounded.
    doubles missing = (sum - target) / sum;
    doubles surprise = logarithm(sum) + widened(distance);
    doubles factor = 1;
    doubles losses = surprise;
    if (e.gamma > 0) {
        doubles damping = power(missing, e.gamma);
        losses = damping * surprise;
        // -log(p) / (1 - p) tends to 1.
        factor = damping * (1 + e.gamma * probability * (missing > 0 ? surprise / missing : 1));
    }
    losses = losses * load_doubles(truth.mass, lanes) + load_doubles(truth.added, lanes);
    doubles scale = factor * (double)a.scale[0];
    doubles slope = scale * load_doubles(truth.mass, lanes);
    doubles toward = slope * -missing + scale * load_doubles(truth.own, lanes);
    for (int32_t i = 0; i < count; i++) {
        int known = labels[i] != 255;
        if (known) { total += losses[i]; }
        if (!gradient) { continue; }
        float *slopes = gradient + i * a.gradient.pixel;
        if (!known) {
            MDL_FOR_EACH_GROUP(channel, here, channels, store(slopes + channel, here, 0));
            continue;
        }
        int32_t class = labels[i] >= 0 && labels[i] < (float)channels ? (int32_t)labels[i] : 0;
        double own = toward[i];
        double mean = 0;
        if (overlap) {
            doubles products = 0;
            MDL_FOR_EACH_GROUP(channel, here, channels,
                               products += widened(load(slopes + channel, here)) *
                                           load_doubles(overlap + channels + channel, here));
            mean = sum_of_lanes(products) / sums[i] + probability[i] * overlap[class];
            own += probability[i] * (overlap[channels + class] + overlap[class] - mean);
        }
        double even = e.smoothing / channels * scale[i];
        double inverse = 1 / sums[i];
        MDL_FOR_EACH_GROUP(channel, here, channels, {
            doubles p = widened(load(slopes + channel, here)) * inverse;
            doubles value = p * slope[i] - even * class_weights(e, channel, here);
            if (overlap) { value += p * (load_doubles(overlap + channels + channel, here) - mean); }
            store(slopes + channel, here, narrowed(value));
        });
        slopes[class] = (float)own;
    }
    return total;
}

static void MDL_NAME(mdl_loss_cross_entropy)(const void *arguments, int32_t item, int32_t worker) {
    mdl_cross_entropy e = *(const mdl_cross_entropy *)arguments;
    mdl_loss a = e.loss;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    const double *overlap = e.overlap ? e.overlap + (ptrdiff_t)part.sample * 2 * a.extent.channels : NULL;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        const float *output = mdl_row(a.output, part.sample, row);
        const float *labels = a.labels + ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width;
        float *gradient = a.gradient.data ? mdl_row(a.gradient, part.sample, row) : NULL;
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            const float *logits = output + column * a.output.pixel;
            float *slopes = gradient ? gradient + column * a.gradient.pixel : NULL;
            if (e.weights || e.gamma > 0 || overlap) {
                total = weighted_cross_entropy_pixels(e, overlap, logits, labels + column, slopes, count, total);
            } else if (count == lanes && a.extent.channels <= most_channels_across) {
                total = cross_entropy_across(e, logits, labels + column, slopes, total);
            } else {
                total = cross_entropy_pixels(e, logits, labels + column, slopes, count, total);
            }
        }
    }
    a.partial[item] = total;
}
