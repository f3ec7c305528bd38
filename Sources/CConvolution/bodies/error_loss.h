// The losses that are functions of an error or an angle, and what some have to know of a sample; see loss_arguments.h.
// Pixels are taken 16 at a time.
#pragma once

#include "../items.h"
#include "elementary.h"
#include "loss_arguments.h"
#include "vector.h"

MDL_INLINE doubles bounded_below(doubles x, double bound) { return x < bound ? bound : x; }  // a NaN stays one

MDL_INLINE doubles magnitude(doubles x) { return __builtin_elementwise_abs(x); }

MDL_INLINE doubles sign(doubles x) { return x > 0 ? 1 : (x < 0 ? -1 : (doubles)0); }

// f of mdl_error.
MDL_INLINE doubles continued_logarithm(doubles x, double constant) {
    return logarithm(bounded_below(x, constant)) + (x < constant ? (x - constant) / constant : 0);
}

// The function of one element, and its slope.
MDL_INLINE doubles error_value(mdl_error_loss e, const double *coefficients, doubles o, doubles t, doubles *slope) {
    doubles x = o - t;
    switch (e.error) {
    case mdl_error_absolute: *slope = sign(x); return magnitude(x);
    case mdl_error_squared: *slope = 2 * x; return x * x;
    case mdl_error_huber: {
        double delta = e.constant;
        longs near = magnitude(x) <= delta;
        *slope = near ? x : delta * sign(x);
        return near ? 0.5 * x * x : delta * (magnitude(x) - 0.5 * delta);
    }
    case mdl_error_reverse_huber: {
        double c = coefficients[0];
        longs near = magnitude(x) <= c;
        *slope = near ? sign(x) : x / c;
        return near ? magnitude(x) : (x * x + c * c) / (2 * c);
    }
    case mdl_error_absolute_log:
    case mdl_error_scale_invariant_log: {
        doubles d = continued_logarithm(o, e.constant) - continued_logarithm(t, e.constant);
        doubles inner = 1 / bounded_below(o, e.constant);
        if (e.error == mdl_error_absolute_log) {
            *slope = sign(d) * inner;
            return magnitude(d);
        }
        *slope = 2 * (coefficients[0] * d - coefficients[1]) * inner;
        return coefficients[0] * d * d - coefficients[1] * d;
    }
    }
}

// Which of the labels of `count` pixels are known as pixels; where every channel is known for itself, all.
MDL_INLINE ints known_pixels(const float *labels, int32_t channels, int32_t count, mdl_unknown unknown) {
    ints known = unknown == mdl_unknown_zero ? 0 : -1;
    for (int32_t channel = 0; channel < channels && unknown == mdl_unknown_zero; channel++) {
        known |= load_strided(labels + channel, channels, count) != 0;
    }
    return known;
}

MDL_INLINE ints known_elements(ints pixels, floats labels, mdl_unknown unknown) {
    return unknown == mdl_unknown_nan ? labels == labels : pixels;
}

static void MDL_NAME(mdl_loss_error)(const void *arguments, int32_t item, int32_t worker) {
    mdl_error_loss e = *(const mdl_error_loss *)arguments;
    mdl_loss a = e.loss;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    const double *coefficients = e.coefficients ? e.coefficients + 2 * (ptrdiff_t)part.sample : NULL;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            const float *labels = a.labels + pixel * channels;
            ints pixels = known_pixels(labels, channels, count, e.unknown);
            doubles losses = 0;
            for (int32_t channel = 0; channel < channels; channel++) {
                floats o = load_strided(output + channel, a.output.pixel, count);
                floats t = load_strided(labels + channel, channels, count);
                longs known = widened_choice(known_elements(pixels, t, e.unknown));
                doubles slope;
                doubles value = error_value(e, coefficients, widened(o), widened(t), &slope);
                losses += known ? value : 0;
                if (!a.gradient.data) { continue; }
                float *gradient = mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel + channel;
                store_strided(gradient, a.gradient.pixel, count,
                              narrowed(known ? slope * (double)a.scale[0] : 0));
            }
            total = added_in_order(total, losses, count);
        }
    }
    a.partial[item] = total;
}

static void MDL_NAME(mdl_error_statistics)(const void *arguments, int32_t item, int32_t worker) {
    mdl_error_statistics a = *(const mdl_error_statistics *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    int is_logarithmic = a.error == mdl_error_absolute_log || a.error == mdl_error_scale_invariant_log;
    int64_t elements = 0;
    doubles largest = 0;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            const float *labels = a.labels + pixel * channels;
            ints pixels = known_pixels(labels, channels, count, a.unknown);
            doubles distances = 0;
            for (int32_t channel = 0; channel < channels; channel++) {
                doubles o = widened(load_strided(output + channel, a.output.pixel, count));
                floats label = load_strided(labels + channel, channels, count);
                doubles t = widened(label);
                ints known = known_elements(pixels, label, a.unknown);
                longs wide_known = widened_choice(known);
                for (int32_t lane = 0; lane < count; lane++) { elements -= known[lane]; }
                doubles x = wide_known ? magnitude(o - t) : 0;
                largest = x > largest ? x : largest;
                if (is_logarithmic) {
                    doubles d = continued_logarithm(o, a.constant) - continued_logarithm(t, a.constant);
                    distances += wide_known ? d : 0;
                }
            }
            total = added_in_order(total, distances, count);
        }
    }
    double most = 0;
    for (int32_t lane = 0; lane < lanes; lane++) { most = largest[lane] > most ? largest[lane] : most; }
    double *statistics = a.statistics + (ptrdiff_t)item * 3;
    statistics[0] = (double)elements;
    statistics[1] = most;
    statistics[2] = total;
}

static void MDL_NAME(mdl_loss_cosine)(const void *arguments, int32_t item, int32_t worker) {
    mdl_loss a = *(const mdl_loss *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    const double smallest = 1e-8;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            longs known = widened_choice(known_pixels(a.labels + pixel * 3, 3, count, mdl_unknown_zero));
            doubles o[3], t[3];
            doubles own = 0, truth = 0, product = 0;
            for (int32_t channel = 0; channel < 3; channel++) {
                o[channel] = widened(load_strided(output + channel, a.output.pixel, count));
                t[channel] = widened(load_strided(a.labels + pixel * 3 + channel, 3, count));
                own += o[channel] * o[channel];
                truth += t[channel] * t[channel];
                product += o[channel] * t[channel];
            }
            doubles length = __builtin_elementwise_sqrt(own);
            doubles inverse = 1 / bounded_below(length, smallest);
            doubles truth_inverse = 1 / bounded_below(__builtin_elementwise_sqrt(truth), smallest);
            doubles cosine = product * inverse * truth_inverse;
            total = added_in_order(total, known ? 1 - cosine : 0, count);
            if (!a.gradient.data) { continue; }
            float *gradient = mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel;
            // The length is a constant where it is bounded.
            doubles along = length < smallest ? 0 : cosine * inverse;
            for (int32_t channel = 0; channel < 3; channel++) {
                doubles slope = (along * o[channel] - t[channel] * truth_inverse) * inverse;
                store_strided(gradient + channel, a.gradient.pixel, count,
                              narrowed(known ? slope * (double)a.scale[0] : 0));
            }
        }
    }
    a.partial[item] = total;
}
