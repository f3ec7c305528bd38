// The losses, one number at a time and in double; see loss_arguments.h.
#include "../items.h"
#include "reference.h"

#include <math.h>

#pragma clang fp contract(off)

void mdl_loss_cross_entropy_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_loss a = *(const mdl_loss *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            float label = a.labels[((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column];
            int known = label != 255;
            int32_t class = label >= 0 && label < (float)channels ? (int32_t)label : -1;
            double maximum = output[0];
            for (int32_t channel = 1; channel < channels; channel++) {
                if (output[channel] > maximum) { maximum = output[channel]; }
            }
            double sum = 0;
            for (int32_t channel = 0; channel < channels; channel++) { sum += exp(output[channel] - maximum); }
            if (known) { total += class < 0 ? NAN : log(sum) + (maximum - output[class]); }
            if (known && class >= 0 && a.smoothing > 0) {
                total += mdl_smoothing_distance(output, channels, class, a.smoothing);
            }
            if (!a.gradient.data) { continue; }
            float *gradient = mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel;
            for (int32_t channel = 0; channel < channels; channel++) {
                double probability = exp(output[channel] - maximum) / sum;
                double truth = a.smoothing / channels + (channel == class ? 1 - a.smoothing : 0);
                double difference = probability - truth;
                gradient[channel] = known ? (float)(difference * a.scale[0]) : 0;
            }
        }
    }
    a.partial[item] = total;
}

static double softplus(double x) { return (x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }

static double sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }

// positive * t * softplus(-o) + negative * (1 - t) * softplus(o), an unknown pixel counting as o = t = 0 where
// `unknown_counts` is set.
static void binary(const mdl_loss *arguments, int32_t item, double positive, double negative, int unknown_counts) {
    mdl_loss a = *arguments;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            double t = a.labels[((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column];
            double o = mdl_row(a.output, part.sample, row)[column * a.output.pixel];
            int known = t != 255;
            if (!known) { o = t = 0; }
            double loss = positive * t * softplus(-o) + negative * (1 - t) * softplus(o);
            double slope = negative * (1 - t) * sigmoid(o) - positive * t * sigmoid(-o);
            if (known || unknown_counts) { total += loss; }
            if (!a.gradient.data) { continue; }
            mdl_row(a.gradient, part.sample, row)[column * a.gradient.pixel] =
                known ? (float)(slope * a.scale[0]) : 0;
        }
    }
    a.partial[item] = total;
}

void mdl_loss_edge_scalar(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    binary(arguments, item, 0.95, 0.05, 0);
}

void mdl_loss_saliency_scalar(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    binary(arguments, item, 1, 1, 1);
}

// Sum of |o - t| over the `channels` of a pixel, known where one of the labels is not 0.
static void absolute(const mdl_loss *arguments, int32_t item, int32_t channels) {
    mdl_loss a = *arguments;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *label = a.labels + pixel * channels;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            int known = 0;
            double sum = 0;
            for (int32_t channel = 0; channel < channels; channel++) {
                if (label[channel] != 0) { known = 1; }
                sum += fabs((double)output[channel] - label[channel]);
            }
            if (known) { total += sum; }
            if (!a.gradient.data) { continue; }
            for (int32_t channel = 0; channel < channels; channel++) {
                int sign = (output[channel] > label[channel]) - (output[channel] < label[channel]);
                mdl_row(a.gradient, part.sample, row)[column * a.gradient.pixel + channel] =
                    known ? (float)sign * a.scale[0] : 0;
            }
        }
    }
    a.partial[item] = total;
}

void mdl_loss_depth_scalar(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    absolute(arguments, item, 1);
}

void mdl_loss_normals_scalar(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    absolute(arguments, item, 3);
}

void mdl_known_count_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_known_count a = *(const mdl_known_count *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    ptrdiff_t first = ((ptrdiff_t)part.sample * a.extent.height + part.first) * a.extent.width;
    ptrdiff_t end = ((ptrdiff_t)part.sample * a.extent.height + part.end) * a.extent.width;
    int64_t count = 0;
    for (ptrdiff_t pixel = first; pixel < end; pixel++) {
        switch (a.kind) {
        case mdl_loss_cross_entropy:
        case mdl_loss_edge:
        case mdl_loss_saliency: count += a.labels[pixel] != 255; break;
        case mdl_loss_depth: count += a.labels[pixel] != 0; break;
        case mdl_loss_normals: {
            const float *label = a.labels + pixel * 3;
            count += label[0] != 0 || label[1] != 0 || label[2] != 0 ? 3 : 0;
        } break;
        }
    }
    a.count[item] = count;
}
