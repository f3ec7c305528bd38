// The sums of the Dice coefficient; see loss_arguments.h.
#pragma once

#include "../items.h"
#include "cross_entropy.h"
#include "elementary.h"
#include "loss_arguments.h"
#include "vector.h"

static void MDL_NAME(mdl_class_overlap)(const void *arguments, int32_t item, int32_t worker) {
    mdl_overlap a = *(const mdl_overlap *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double *both = a.sums + (ptrdiff_t)item * 3 * channels;
    double *predicted = both + channels;
    double *truth = predicted + channels;
    for (int32_t index = 0; index < 3 * channels; index++) { both[index] = 0; }
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            const float *logits = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            float label = a.labels[((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column];
            if (label == 255) { continue; }
            floats most = -INFINITY;
            MDL_FOR_EACH_GROUP(channel, here, channels, most = larger(load_logits(logits + channel, here), most));
            float maximum = maximum_of_lanes(most);
            doubles sum = 0;
            MDL_FOR_EACH_GROUP(channel, here, channels, sum += exponential_group(logits, maximum, NULL, channel, here));
            double inverse = 1 / sum_of_lanes(sum);
            MDL_FOR_EACH_GROUP(channel, here, channels, {
                doubles p = exponential_group(logits, maximum, NULL, channel, here) * inverse;
                store_doubles(predicted + channel, here, load_doubles(predicted + channel, here) + p);
            });
            int valid = label >= 0 && label < (float)channels;
            if (!valid) { continue; }
            floats difference = logits[(int32_t)label] - maximum;
            both[(int32_t)label] += (double)exponential(difference)[0] * inverse;
            truth[(int32_t)label] += 1;
        }
    }
}

static void MDL_NAME(mdl_binary_overlap)(const void *arguments, int32_t item, int32_t worker) {
    mdl_overlap a = *(const mdl_overlap *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double *sums = a.sums + (ptrdiff_t)item * 3 * channels;
    for (int32_t index = 0; index < 3 * channels; index++) { sums[index] = 0; }
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            for (int32_t channel = 0; channel < channels; channel++) {
                const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel + channel;
                floats o = load_strided(output, a.output.pixel, count);
                floats label = load_strided(a.labels + pixel * channels + channel, channels, count);
                ints known = label != 255;
                o = known ? o : 0;
                doubles t = widened(known ? label : 0);
                doubles e = widened(exponential(o < 0 ? o : -o));
                doubles p = (widened_choice(o < 0) ? e : 1) / (1 + e);
                p = widened_choice(known) ? p : 0;
                sums[channel] = added_in_order(sums[channel], p * t, count);
                sums[channels + channel] = added_in_order(sums[channels + channel], p, count);
                sums[2 * channels + channel] = added_in_order(sums[2 * channels + channel], t, count);
            }
        }
    }
}
