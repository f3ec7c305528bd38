// Batch normalization, one number at a time; see normalization_arguments.h.
#include "../items.h"
#include "reference.h"

#include <math.h>

#pragma clang fp contract(off)

// The deepest stack of partials that a fold can need: a level per bit of the number of samples, and one more.
enum { levels_limit = 33 };

static int mask_bit(const uint16_t *mask, mdl_extent extent, int32_t sample, int32_t row, int32_t column,
                    int32_t channel) {
    ptrdiff_t pixel = ((ptrdiff_t)sample * extent.height + row) * extent.width + column;
    ptrdiff_t words = (extent.channels + 15) / 16;
    return mask[pixel * words + channel / 16] >> channel % 16 & 1;
}

void mdl_statistics_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_statistics a = *(const mdl_statistics *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double *sum = a.partial + (ptrdiff_t)item * 2 * a.extent.channels;
    double *square = sum + a.extent.channels;
    for (int32_t channel = 0; channel < a.extent.channels; channel++) {
        sum[channel] = 0;
        square[channel] = 0;
        for (int32_t row = part.first; row < part.end; row++) {
            for (int32_t column = 0; column < a.extent.width; column++) {
                double x = mdl_row(a.x, part.sample, row)[column * a.x.pixel + channel];
                sum[channel] += x;
                square[channel] += x * x;
            }
        }
    }
}

// The statistics of some values, and Chan's formula for those of two disjoint sets.
typedef struct moments {
    double count;
    double mean;
    double deviation;  // M2
} moments;

static moments merged(moments a, moments b) {
    double count = a.count + b.count;
    double difference = b.mean - a.mean;
    double mean = a.mean + difference * (b.count / count);
    double deviation = a.deviation + b.deviation + difference * difference * (a.count * b.count / count);
    return (moments){count, mean, deviation};
}

static moments moments_at(const double *values) { return (moments){values[0], values[1], values[2]}; }

static void store(moments value, double *out) {
    out[0] = value.count;
    out[1] = value.mean;
    out[2] = value.deviation;
}

void mdl_merge_moments(double *left, const double *right, int64_t count) {
    for (int64_t channel = 0; channel < count; channel++) {
        double *place = left + 3 * channel;
        store(merged(moments_at(place), moments_at(right + 3 * channel)), place);
    }
}

void mdl_fold_statistics_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_fold_statistics a = *(const mdl_fold_statistics *)arguments;
    (void)worker;
    ptrdiff_t channels = a.extent.channels;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.extent.channels);
    double count = (double)a.extent.height * a.extent.width;
    for (int32_t channel = part.first; channel < part.end; channel++) {
        moments stack[levels_limit];
        int32_t height = 0;
        double *out = a.out + 3 * (ptrdiff_t)channel;
        for (int32_t sample = 0; sample < a.fold.samples; sample++) {
            double sum = 0;
            double square = 0;
            for (int32_t chunk = 0; chunk < a.chunks; chunk++) {
                const double *partial = a.partial + ((ptrdiff_t)sample * a.chunks + chunk) * 2 * channels + channel;
                sum += partial[0];
                square += partial[channels];
            }
            double mean = sum / count;
            double deviation = square - sum * mean;
            stack[height++] = (moments){count, mean, deviation < 0 ? 0 : deviation};
            for (int32_t merge = 0; merge < a.fold.merges[sample]; merge++) {
                height--;
                stack[height - 1] = merged(stack[height - 1], stack[height]);
            }
            if (a.fold.ends[sample]) {
                store(stack[0], out);
                out += 3 * channels;
                height = 0;
            }
        }
    }
}

void mdl_finish_statistics_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_finish_statistics a = *(const mdl_finish_statistics *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.channels);
    for (int32_t channel = part.first; channel < part.end; channel++) {
        moments all = moments_at(a.moments + 3 * (ptrdiff_t)channel);
        double inverse = 1 / sqrt(all.deviation / all.count + a.epsilon);
        double variance = all.deviation / (all.count - 1);
        a.mean[channel] = (float)all.mean;
        a.inverse[channel] = (float)inverse;
        a.scale[channel] = (float)(a.gamma[channel] * inverse);
        a.running_mean[channel] = (float)((1 - a.momentum) * a.running_mean[channel] + a.momentum * all.mean);
        a.running_variance[channel] = (float)((1 - a.momentum) * a.running_variance[channel] + a.momentum * variance);
        if (channel == 0) { a.count[0] = all.count; }
    }
}

void mdl_running_statistics_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_running_statistics a = *(const mdl_running_statistics *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.channels);
    for (int32_t channel = part.first; channel < part.end; channel++) {
        a.mean[channel] = a.running_mean[channel];
        a.scale[channel] = (float)(a.gamma[channel] / sqrt(a.running_variance[channel] + a.epsilon));
    }
}

void mdl_normalize_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalize a = *(const mdl_normalize *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    ptrdiff_t words = (a.extent.channels + 15) / 16;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            uint16_t bits = 0;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                float x = mdl_row(a.x, part.sample, row)[column * a.x.pixel + channel];
                float y = (x - a.mean[channel]) * a.scale[channel] + a.beta[channel];
                if (a.residual.data) {
                    y += mdl_row(a.residual, part.sample, row)[column * a.residual.pixel + channel];
                }
                if (a.relu) { y = y < 0 ? 0 : y; }
                mdl_row(a.y, part.sample, row)[column * a.y.pixel + channel] = y;
                bits |= (uint16_t)((y > 0) << channel % 16);
                if (channel % 16 == 15 || channel == a.extent.channels - 1) {
                    if (a.mask) { a.mask[pixel * words + channel / 16] = bits; }
                    bits = 0;
                }
            }
        }
    }
}

void mdl_gradient_sums_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_gradient_sums a = *(const mdl_gradient_sums *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    double *sum = a.partial + (ptrdiff_t)item * 2 * a.extent.channels;
    double *product = sum + a.extent.channels;
    for (int32_t channel = 0; channel < a.extent.channels; channel++) {
        sum[channel] = 0;
        product[channel] = 0;
        for (int32_t row = part.first; row < part.end; row++) {
            for (int32_t column = 0; column < a.extent.width; column++) {
                float x = mdl_row(a.x, part.sample, row)[column * a.x.pixel + channel];
                float g = mdl_row(a.dy, part.sample, row)[column * a.dy.pixel + channel];
                if (a.mask && !mask_bit(a.mask, a.extent, part.sample, row, column, channel)) { g = 0; }
                float xhat = (x - a.mean[channel]) * a.inverse[channel];
                sum[channel] += g;
                product[channel] += (double)g * xhat;
            }
        }
    }
}

void mdl_fold_sums_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_fold_sums a = *(const mdl_fold_sums *)arguments;
    (void)worker;
    ptrdiff_t channels = a.channels;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.channels);
    for (int32_t channel = part.first; channel < part.end; channel++) {
        for (int32_t which = 0; which < 2; which++) {
            double stack[levels_limit];
            int32_t height = 0;
            double *out = a.out + which * channels + channel;
            for (int32_t sample = 0; sample < a.fold.samples; sample++) {
                double sum = 0;
                for (int32_t chunk = 0; chunk < a.chunks; chunk++) {
                    sum += a.partial[(((ptrdiff_t)sample * a.chunks + chunk) * 2 + which) * channels + channel];
                }
                stack[height++] = sum;
                for (int32_t merge = 0; merge < a.fold.merges[sample]; merge++) {
                    height--;
                    stack[height - 1] += stack[height];
                }
                if (a.fold.ends[sample]) {
                    *out = stack[0];
                    out += 2 * channels;
                    height = 0;
                }
            }
        }
    }
}

void mdl_finish_gradient_sums_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_finish_gradient_sums a = *(const mdl_finish_gradient_sums *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.channels);
    for (int32_t channel = part.first; channel < part.end; channel++) {
        double sums[2] = {a.sums[channel], a.sums[a.channels + (ptrdiff_t)channel]};
        a.gradient_beta[channel] = (float)sums[0];
        a.gradient_gamma[channel] = (float)sums[1];
        a.mean_g[channel] = (float)(sums[0] / a.count[0]);
        a.mean_gx[channel] = (float)(sums[1] / a.count[0]);
    }
}

void mdl_normalize_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalize_backward a = *(const mdl_normalize_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                float x = mdl_row(a.x, part.sample, row)[column * a.x.pixel + channel];
                float g = mdl_row(a.dy, part.sample, row)[column * a.dy.pixel + channel];
                if (a.mask && !mask_bit(a.mask, a.extent, part.sample, row, column, channel)) { g = 0; }
                float xhat = (x - a.mean[channel]) * a.inverse[channel];
                float value = a.scale[channel] * (g - a.mean_g[channel] - xhat * a.mean_gx[channel]);
                if (a.residual.data) {
                    float *residual = mdl_row(a.residual, part.sample, row) + column * a.residual.pixel + channel;
                    *residual = a.accumulate_residual ? *residual + g : g;
                }
                float *dx = mdl_row(a.dx, part.sample, row) + column * a.dx.pixel + channel;
                *dx = a.accumulate ? *dx + value : value;
            }
        }
    }
}
