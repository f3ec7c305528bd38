// Passes without parameters; see map_arguments.h.
#include "../items.h"
#include "map_arguments.h"
#include "normalization_arguments.h"
#include "vector.h"

#include <math.h>

// A row without gaps is one pixel of many channels, as far as a pass that treats all channels alike can tell; with a
// mask only if its words have no gaps either.
MDL_INLINE mdl_extent without_pixels(mdl_extent extent, const uint16_t *mask, int without_gaps) {
    if (!without_gaps || (mask && extent.channels % lanes != 0)) { return extent; }
    return (mdl_extent){extent.height, 1, extent.width * extent.channels};
}

MDL_INLINE void add_group(mdl_add arguments, const float *a, const float *b, float *y, uint16_t *mask, int32_t channel,
                          int32_t count) {
    floats value = load(a + channel, count);
    if (b) { value += load(b + channel, count); }
    if (arguments.relu) { value = rectified(value); }
    if (mask) { mask[channel / lanes] = mask_of_positive(value); }
    store(y + channel, count, value);
}

static void MDL_NAME(mdl_add)(const void *arguments, int32_t item, int32_t worker) {
    mdl_add a = *(const mdl_add *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    ptrdiff_t dense = a.extent.channels;
    mdl_extent extent = without_pixels(
        a.extent, a.mask, a.a.pixel == dense && a.y.pixel == dense && (!a.b.data || a.b.pixel == dense));
    ptrdiff_t words = (extent.channels + lanes - 1) / lanes;
    for (int32_t row = part.first; row < part.end; row++) {
        const float *first = mdl_row(a.a, part.sample, row);
        const float *second = a.b.data ? mdl_row(a.b, part.sample, row) : NULL;
        float *y = mdl_row(a.y, part.sample, row);
        ptrdiff_t pixel = ((ptrdiff_t)part.sample * extent.height + row) * extent.width;
        uint16_t *mask = a.mask ? a.mask + pixel * words : NULL;
        for (int32_t column = 0; column < extent.width; column++) {
            MDL_FOR_EACH_GROUP(channel, count, extent.channels, add_group(a, first, second, y, mask, channel, count));
            first += a.a.pixel;
            y += a.y.pixel;
            if (second) { second += a.b.pixel; }
            if (mask) { mask += words; }
        }
    }
}

static void MDL_NAME(mdl_relu_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_relu_backward a = *(const mdl_relu_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    mdl_extent extent =
        without_pixels(a.extent, a.mask, a.dy.pixel == a.extent.channels && a.dx.pixel == a.extent.channels);
    ptrdiff_t words = (extent.channels + lanes - 1) / lanes;
    for (int32_t row = part.first; row < part.end; row++) {
        const float *dy = mdl_row(a.dy, part.sample, row);
        float *dx = mdl_row(a.dx, part.sample, row);
        const uint16_t *mask = a.mask + ((ptrdiff_t)part.sample * extent.height + row) * extent.width * words;
        for (int32_t column = 0; column < extent.width; column++, dy += a.dy.pixel, dx += a.dx.pixel, mask += words) {
            MDL_FOR_EACH_GROUP(channel, count, extent.channels,
                               deposit(dx + channel, count, masked(mask[channel / lanes], load(dy + channel, count)),
                                       a.accumulate));
        }
    }
}

// The places [first, end) of a window that lie inside the input, along one axis.
typedef struct window_places {
    int32_t first;
    int32_t end;
} window_places;

MDL_INLINE window_places places_inside(int32_t start, int32_t size, int32_t inputs) {
    return (window_places){start < 0 ? -start : 0, start + size > inputs ? inputs - start : size};
}

MDL_INLINE void max_pool_group(mdl_max_pool a, const float *x, ptrdiff_t window, window_places down,
                               window_places right, float *y, uint8_t *choice, int32_t channel, int32_t count) {
    floats best = -INFINITY;
    ints chosen = down.first * a.size + right.first;
    for (int32_t row = down.first; row < down.end; row++) {
        for (int32_t column = right.first; column < right.end; column++) {
            floats value = load(x + (window + row * a.x.row + column * a.x.pixel + channel), count);
            ints wins = ~(value <= best) & (best == best);
            best = wins ? value : best;
            chosen = wins ? row * a.size + column : chosen;
        }
    }
    store(y + channel, count, best);
    if (choice) {
        bytes small = __builtin_convertvector(chosen, bytes);
        memcpy(choice + channel, &small, (size_t)count);
    }
}

static void MDL_NAME(mdl_max_pool)(const void *arguments, int32_t item, int32_t worker) {
    mdl_max_pool a = *(const mdl_max_pool *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.output.height);
    int32_t channels = a.output.channels;
    for (int32_t row = part.first; row < part.end; row++) {
        int32_t top = row * a.stride - a.padding;
        window_places down = places_inside(top, a.size, a.input.height);
        const float *x = mdl_row(a.x, part.sample, 0);
        float *y = mdl_row(a.y, part.sample, row);
        ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.output.height + row) * a.output.width;
        uint8_t *choice = a.choice ? a.choice + pixel * channels : NULL;
        for (int32_t column = 0; column < a.output.width; column++) {
            int32_t left = column * a.stride - a.padding;
            window_places right = places_inside(left, a.size, a.input.width);
            ptrdiff_t window = top * a.x.row + left * a.x.pixel;
            MDL_FOR_EACH_GROUP(channel, count, channels,
                               max_pool_group(a, x, window, down, right, y, choice, channel, count));
            y += a.y.pixel;
            if (choice) { choice += channels; }
        }
    }
}

// The outputs [first, end) whose windows contain the input at `place`, along one axis.
MDL_INLINE window_places windows_around(int32_t place, int32_t size, int32_t stride, int32_t padding, int32_t outputs) {
    int32_t before = place + padding - size;  // the last start of a window that ends before the place
    int32_t first = before < 0 ? 0 : before / stride + 1;
    int32_t end = (place + padding) / stride + 1;
    return (window_places){first, end < outputs ? end : outputs};
}

MDL_INLINE void max_pool_backward_group(mdl_max_pool_backward a, int32_t sample, int32_t y, int32_t x,
                                        window_places rows, window_places columns, float *dx, int32_t channel,
                                        int32_t count) {
    floats sum = 0;
    for (int32_t row = rows.first; row < rows.end; row++) {
        for (int32_t column = columns.first; column < columns.end; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)sample * a.output.height + row) * a.output.width + column;
            bytes small = 0;
            memcpy(&small, a.choice + pixel * a.output.channels + channel, (size_t)count);
            ints chosen = __builtin_convertvector(small, ints);
            int32_t place = (y - row * a.stride + a.padding) * a.size + x - column * a.stride + a.padding;
            floats value = load(mdl_row(a.dy, sample, row) + column * a.dy.pixel + channel, count);
            sum += chosen == place ? value : 0;
        }
    }
    deposit(dx + channel, count, sum, a.accumulate);
}

static void MDL_NAME(mdl_max_pool_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_max_pool_backward a = *(const mdl_max_pool_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.input.height);
    for (int32_t y = part.first; y < part.end; y++) {
        window_places rows = windows_around(y, a.size, a.stride, a.padding, a.output.height);
        float *dx = mdl_row(a.dx, part.sample, y);
        for (int32_t x = 0; x < a.input.width; x++, dx += a.dx.pixel) {
            window_places columns = windows_around(x, a.size, a.stride, a.padding, a.output.width);
            MDL_FOR_EACH_GROUP(channel, count, a.input.channels,
                               max_pool_backward_group(a, part.sample, y, x, rows, columns, dx, channel, count));
        }
    }
}

MDL_INLINE void average_group(mdl_global_average_pool a, int32_t sample, int32_t channel, int32_t count) {
    doubles sum = 0;
    for (int32_t row = 0; row < a.extent.height; row++) {
        const float *x = mdl_row(a.x, sample, row) + channel;
        for (int32_t column = 0; column < a.extent.width; column++, x += a.x.pixel) {
            sum += widened(load(x, count));
        }
    }
    store(mdl_row(a.y, sample, 0) + channel, count, narrowed(sum / ((double)a.extent.height * a.extent.width)));
}

static void MDL_NAME(mdl_global_average_pool)(const void *arguments, int32_t item, int32_t worker) {
    mdl_global_average_pool a = *(const mdl_global_average_pool *)arguments;
    (void)worker;
    int32_t groups = (a.extent.channels + mdl_channels_per_item - 1) / mdl_channels_per_item;
    mdl_item_channels part = mdl_channels_of_item(item % groups, mdl_channels_per_item, a.extent.channels);
    if (part.end - part.first == lanes) {
        average_group(a, item / groups, part.first, lanes);
    } else {
        average_group(a, item / groups, part.first, part.end - part.first);
    }
}

static void MDL_NAME(mdl_global_average_pool_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_global_average_pool_backward a = *(const mdl_global_average_pool_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    const float *dy = mdl_row(a.dy, part.sample, 0);
    float pixels = (float)a.extent.height * (float)a.extent.width;
    for (int32_t row = part.first; row < part.end; row++) {
        float *dx = mdl_row(a.dx, part.sample, row);
        for (int32_t column = 0; column < a.extent.width; column++, dx += a.dx.pixel) {
            MDL_FOR_EACH_GROUP(channel, count, a.extent.channels,
                               deposit(dx + channel, count, load(dy + channel, count) / pixels, a.accumulate));
        }
    }
}

MDL_INLINE void resize_group(const float *upper, const float *lower, ptrdiff_t left, ptrdiff_t right, float across,
                             float down, float *y, int32_t channel, int32_t count) {
    floats above = load(upper + left + channel, count) * (1 - across) + load(upper + right + channel, count) * across;
    floats below = load(lower + left + channel, count) * (1 - across) + load(lower + right + channel, count) * across;
    store(y + channel, count, above * (1 - down) + below * down);
}

static void MDL_NAME(mdl_resize)(const void *arguments, int32_t item, int32_t worker) {
    mdl_resize a = *(const mdl_resize *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.output.height);
    int32_t last_row = a.input.height - 1;
    int32_t last_column = a.input.width - 1;
    for (int32_t row = part.first; row < part.end; row++) {
        mdl_resize_tap vertical = a.vertical[row];
        const float *upper = mdl_row(a.x, part.sample, vertical.low);
        const float *lower = mdl_row(a.x, part.sample, vertical.low < last_row ? vertical.low + 1 : last_row);
        float *y = mdl_row(a.y, part.sample, row);
        for (int32_t column = 0; column < a.output.width; column++, y += a.y.pixel) {
            mdl_resize_tap tap = a.horizontal[column];
            ptrdiff_t left = tap.low * a.x.pixel;
            ptrdiff_t right = (tap.low < last_column ? tap.low + 1 : last_column) * a.x.pixel;
            MDL_FOR_EACH_GROUP(
                channel, count, a.output.channels,
                resize_group(upper, lower, left, right, tap.weight, vertical.weight, y, channel, count));
        }
    }
}

// Sum over `terms` vectors that lie `stride` floats apart.
MDL_INLINE floats weighted_sum(const float *from, ptrdiff_t stride, const float *weights, int32_t terms,
                               int32_t count) {
    floats sum = 0;
    for (int32_t i = 0; i < terms; i++) { sum += weights[i] * load(from + i * stride, count); }
    return sum;
}

static void MDL_NAME(mdl_resize_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_resize_backward a = *(const mdl_resize_backward *)arguments;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.input.height);
    int32_t channels = a.input.channels;
    float *gathered = a.scratch + worker * a.scratch_stride;
    mdl_extent output = without_pixels((mdl_extent){a.output.height, a.output.width, channels}, NULL,
                                       a.dy.pixel == channels);
    for (int32_t row = part.first; row < part.end; row++) {
        mdl_resize_source vertical = a.vertical[row];
        const float *dy = mdl_row(a.dy, part.sample, vertical.first);
        const float *weights = a.vertical_weights + vertical.offset;
        float *to = gathered;
        for (int32_t column = 0; column < output.width; column++, dy += a.dy.pixel, to += output.channels) {
            MDL_FOR_EACH_GROUP(
                channel, count, output.channels,
                store(to + channel, count, weighted_sum(dy + channel, a.dy.row, weights, vertical.count, count)));
        }
        float *dx = mdl_row(a.dx, part.sample, row);
        for (int32_t column = 0; column < a.input.width; column++, dx += a.dx.pixel) {
            mdl_resize_source horizontal = a.horizontal[column];
            const float *from = gathered + (ptrdiff_t)horizontal.first * channels;
            weights = a.horizontal_weights + horizontal.offset;
            MDL_FOR_EACH_GROUP(channel, count, channels,
                               deposit(dx + channel, count,
                                       weighted_sum(from + channel, channels, weights, horizontal.count, count),
                                       a.accumulate));
        }
    }
}

// The lengths of the vectors at `count` pixels.
MDL_INLINE doubles lengths(const float *x, ptrdiff_t pixel, int32_t channels, int32_t count) {
    doubles sum = 0;
    for (int32_t channel = 0; channel < channels; channel++) {
        doubles value = widened(load_strided(x + channel, pixel, count));
        sum += value * value;
    }
    return __builtin_elementwise_sqrt(sum);
}

static void MDL_NAME(mdl_unit_length)(const void *arguments, int32_t item, int32_t worker) {
    mdl_unit_length a = *(const mdl_unit_length *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            const float *x = mdl_row(a.x, part.sample, row) + column * a.x.pixel;
            float *y = mdl_row(a.y, part.sample, row) + column * a.y.pixel;
            doubles length = lengths(x, a.x.pixel, a.extent.channels, count);
            doubles divisor = length < a.epsilon ? a.epsilon : length;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                doubles value = widened(load_strided(x + channel, a.x.pixel, count));
                store_strided(y + channel, a.y.pixel, count, narrowed(value / divisor));
            }
        }
    }
}

static void MDL_NAME(mdl_unit_length_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_unit_length_backward a = *(const mdl_unit_length_backward *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            const float *x = mdl_row(a.x, part.sample, row) + column * a.x.pixel;
            const float *dy = mdl_row(a.dy, part.sample, row) + column * a.dy.pixel;
            float *dx = mdl_row(a.dx, part.sample, row) + column * a.dx.pixel;
            doubles length = lengths(x, a.x.pixel, a.extent.channels, count);
            doubles divisor = length < a.epsilon ? a.epsilon : length;
            doubles along = 0;
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                doubles unit = widened(load_strided(x + channel, a.x.pixel, count)) / divisor;
                along += unit * widened(load_strided(dy + channel, a.dy.pixel, count));
            }
            for (int32_t channel = 0; channel < a.extent.channels; channel++) {
                doubles unit = widened(load_strided(x + channel, a.x.pixel, count)) / divisor;
                doubles gradient = widened(load_strided(dy + channel, a.dy.pixel, count));
                doubles turned = length < a.epsilon ? gradient : gradient - unit * along;
                floats value = narrowed(turned / divisor);
                if (a.accumulate) { value += load_strided(dx + channel, a.dx.pixel, count); }
                store_strided(dx + channel, a.dx.pixel, count, value);
            }
        }
    }
}
