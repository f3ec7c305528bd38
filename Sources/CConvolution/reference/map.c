// Passes without parameters, one number at a time; see map_arguments.h.
#include "../items.h"
#include "normalization_arguments.h"
#include "reference.h"

#include <math.h>

#pragma clang fp contract(off)

void mdl_add_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_add a = *(const mdl_add *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    ptrdiff_t words = (a.extent.channels + 15) / 16;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            uint16_t bits = 0;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                float y = mdl_row(a.a, part.sample, row)[column * a.a.pixel + channel];
                if (a.b.data) { y += mdl_row(a.b, part.sample, row)[column * a.b.pixel + channel]; }
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

void mdl_relu_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_relu_backward a = *(const mdl_relu_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    ptrdiff_t words = (a.extent.channels + 15) / 16;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                float g = mdl_row(a.dy, part.sample, row)[column * a.dy.pixel + channel];
                if (!(a.mask[pixel * words + channel / 16] >> channel % 16 & 1)) { g = 0; }
                float *dx = mdl_row(a.dx, part.sample, row) + column * a.dx.pixel + channel;
                *dx = a.accumulate ? *dx + g : g;
            }
        }
    }
}

void mdl_max_pool_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_max_pool a = *(const mdl_max_pool *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.output.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.output.width; column++) {
            for (int32_t channel = 0; channel < a.output.channels; channel++) {
                float best = -INFINITY;
                int32_t choice = -1;
                for (int32_t place = 0; place < a.size * a.size; place++) {
                    int32_t y = row * a.stride - a.padding + place / a.size;
                    int32_t x = column * a.stride - a.padding + place % a.size;
                    if (y < 0 || y >= a.input.height || x < 0 || x >= a.input.width) { continue; }
                    float value = mdl_row(a.x, part.sample, y)[x * a.x.pixel + channel];
                    if (choice < 0 || value > best || (isnan(value) && !isnan(best))) {
                        best = value;
                        choice = place;
                    }
                }
                mdl_row(a.y, part.sample, row)[column * a.y.pixel + channel] = best;
                if (a.choice) {
                    ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.output.height + row) * a.output.width + column;
                    a.choice[pixel * a.output.channels + channel] = (uint8_t)choice;
                }
            }
        }
    }
}

void mdl_max_pool_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_max_pool_backward a = *(const mdl_max_pool_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.input.height);
    for (int32_t y = part.first; y < part.end; y++) {
        for (int32_t x = 0; x < a.input.width; x++) {
            for (int32_t channel = 0; channel < a.input.channels; channel++) {
                float sum = 0;
                for (int32_t row = 0; row < a.output.height; row++) {
                    int32_t down = y - (row * a.stride - a.padding);
                    if (down < 0 || down >= a.size) { continue; }
                    for (int32_t column = 0; column < a.output.width; column++) {
                        int32_t right = x - (column * a.stride - a.padding);
                        if (right < 0 || right >= a.size) { continue; }
                        ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.output.height + row) * a.output.width + column;
                        if (a.choice[pixel * a.output.channels + channel] == down * a.size + right) {
                            sum += mdl_row(a.dy, part.sample, row)[column * a.dy.pixel + channel];
                        }
                    }
                }
                float *dx = mdl_row(a.dx, part.sample, y) + x * a.dx.pixel + channel;
                *dx = a.accumulate ? *dx + sum : sum;
            }
        }
    }
}

void mdl_global_average_pool_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_global_average_pool a = *(const mdl_global_average_pool *)arguments;
    (void)worker;
    int32_t groups = (a.extent.channels + mdl_channels_per_item - 1) / mdl_channels_per_item;
    int32_t sample = item / groups;
    mdl_item_channels part = mdl_channels_of_item(item % groups, mdl_channels_per_item, a.extent.channels);
    for (int32_t channel = part.first; channel < part.end; channel++) {
        double sum = 0;
        for (int32_t row = 0; row < a.extent.height; row++) {
            for (int32_t column = 0; column < a.extent.width; column++) {
                sum += mdl_row(a.x, sample, row)[column * a.x.pixel + channel];
            }
        }
        mdl_row(a.y, sample, 0)[channel] = (float)(sum / ((double)a.extent.height * a.extent.width));
    }
}

void mdl_global_average_pool_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_global_average_pool_backward a = *(const mdl_global_average_pool_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                float value = mdl_row(a.dy, part.sample, 0)[channel] / ((float)a.extent.height * (float)a.extent.width);
                float *dx = mdl_row(a.dx, part.sample, row) + column * a.dx.pixel + channel;
                *dx = a.accumulate ? *dx + value : value;
            }
        }
    }
}

static float between(float low, float high, float weight) { return low * (1 - weight) + high * weight; }

void mdl_resize_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_resize a = *(const mdl_resize *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.output.height);
    for (int32_t row = part.first; row < part.end; row++) {
        mdl_resize_tap vertical = a.vertical[row];
        const float *upper = mdl_row(a.x, part.sample, vertical.low);
        const float *lower =
            mdl_row(a.x, part.sample, vertical.low + 1 < a.input.height ? vertical.low + 1 : a.input.height - 1);
        for (int32_t column = 0; column < a.output.width; column++) {
            mdl_resize_tap tap = a.horizontal[column];
            ptrdiff_t left = tap.low * a.x.pixel;
            ptrdiff_t right = (tap.low + 1 < a.input.width ? tap.low + 1 : a.input.width - 1) * a.x.pixel;
            for (int32_t channel = 0; channel < a.output.channels; channel++) {
                float above = between(upper[left + channel], upper[right + channel], tap.weight);
                float below = between(lower[left + channel], lower[right + channel], tap.weight);
                mdl_row(a.y, part.sample, row)[column * a.y.pixel + channel] = between(above, below, vertical.weight);
            }
        }
    }
}

void mdl_resize_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_resize_backward a = *(const mdl_resize_backward *)arguments;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.input.height);
    int32_t channels = a.input.channels;
    float *gathered = a.scratch + worker * a.scratch_stride;
    for (int32_t row = part.first; row < part.end; row++) {
        mdl_resize_source vertical = a.vertical[row];
        for (int32_t column = 0; column < a.output.width; column++) {
            for (int32_t channel = 0; channel < channels; channel++) {
                float sum = 0;
                for (int32_t i = 0; i < vertical.count; i++) {
                    const float *dy = mdl_row(a.dy, part.sample, vertical.first + i);
                    sum += a.vertical_weights[vertical.offset + i] * dy[column * a.dy.pixel + channel];
                }
                gathered[(ptrdiff_t)column * channels + channel] = sum;
            }
        }
        for (int32_t column = 0; column < a.input.width; column++) {
            mdl_resize_source horizontal = a.horizontal[column];
            for (int32_t channel = 0; channel < channels; channel++) {
                float sum = 0;
                for (int32_t i = 0; i < horizontal.count; i++) {
                    float value = gathered[(ptrdiff_t)(horizontal.first + i) * channels + channel];
                    sum += a.horizontal_weights[horizontal.offset + i] * value;
                }
                float *dx = mdl_row(a.dx, part.sample, row) + column * a.dx.pixel + channel;
                *dx = a.accumulate ? *dx + sum : sum;
            }
        }
    }
}

static double length_of(const float *x, int32_t channels) {
    double sum = 0;
    for (int32_t channel = 0; channel < channels; channel++) { sum += (double)x[channel] * x[channel]; }
    return sqrt(sum);
}

void mdl_unit_length_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_unit_length a = *(const mdl_unit_length *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            const float *x = mdl_row(a.x, part.sample, row) + column * a.x.pixel;
            float *y = mdl_row(a.y, part.sample, row) + column * a.y.pixel;
            double length = length_of(x, a.extent.channels);
            double divisor = length < a.epsilon ? a.epsilon : length;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                y[channel] = (float)(x[channel] / divisor);
            }
        }
    }
}

void mdl_unit_length_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_unit_length_backward a = *(const mdl_unit_length_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            const float *x = mdl_row(a.x, part.sample, row) + column * a.x.pixel;
            const float *dy = mdl_row(a.dy, part.sample, row) + column * a.dy.pixel;
            float *dx = mdl_row(a.dx, part.sample, row) + column * a.dx.pixel;
            double length = length_of(x, a.extent.channels);
            double divisor = length < a.epsilon ? a.epsilon : length;
            double along = 0;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                along += x[channel] / divisor * dy[channel];
            }
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                double turned = length < a.epsilon ? dy[channel] : dy[channel] - x[channel] / divisor * along;
                float value = (float)(turned / divisor);
                dx[channel] = a.accumulate ? dx[channel] + value : value;
            }
        }
    }
}
