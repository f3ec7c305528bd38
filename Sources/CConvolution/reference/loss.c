// The losses of scores, directions, distances and values, one number at a time and in double; see loss_arguments.h.
#include "../items.h"
#include "reference.h"

#include <math.h>

#pragma clang fp contract(off)

static double softplus(double x) { return (x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }

static double sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }

void mdl_loss_binary_cross_entropy_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_binary_cross_entropy b = *(const mdl_binary_cross_entropy *)arguments;
    mdl_loss a = b.loss;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    const double *overlap = b.overlap ? b.overlap + (ptrdiff_t)part.sample * 2 * channels : NULL;
    double positive = b.weights[0];
    double negative = b.weights[1];
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            for (int32_t channel = 0; channel < channels; channel++) {
                double t = a.labels[pixel * channels + channel];
                double o = mdl_row(a.output, part.sample, row)[column * a.output.pixel + channel];
                int known = t != 255;
                if (!known) { o = t = 0; }
                double p = sigmoid(o), q = sigmoid(-o);
                double damped = 1, raised = 1, up = p, down = q;
                if (b.gamma > 0) {
                    damped = pow(q, b.gamma);
                    raised = pow(p, b.gamma);
                    up = raised * (b.gamma * q * softplus(o) + p);
                    down = damped * (b.gamma * p * softplus(-o) + q);
                }
                double loss =
                    positive * t * (damped * softplus(-o)) + negative * (1 - t) * (raised * softplus(o));
                double slope = (negative * (1 - t) * up - positive * t * down) * a.scale[0];
                if (overlap) { slope += p * q * (overlap[channels + channel] + overlap[channel] * t); }
                if (known || b.unknown_counts) { total += loss; }
                if (!a.gradient.data) { continue; }
                mdl_row(a.gradient, part.sample, row)[column * a.gradient.pixel + channel] = known ? (float)slope : 0;
            }
        }
    }
    a.partial[item] = total;
}

void mdl_binary_overlap_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_overlap a = *(const mdl_overlap *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double *sums = a.sums + (ptrdiff_t)item * 3 * channels;
    for (int32_t index = 0; index < 3 * channels; index++) { sums[index] = 0; }
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            for (int32_t channel = 0; channel < channels; channel++) {
                double t = a.labels[pixel * channels + channel];
                if (t == 255) { continue; }
                double p = sigmoid(mdl_row(a.output, part.sample, row)[column * a.output.pixel + channel]);
                sums[channel] += p * t;
                sums[channels + channel] += p;
                sums[2 * channels + channel] += t;
            }
        }
    }
}

// Whether a pixel whose channels are known together is known; where each is known for itself, true.
static int is_known_pixel(const float *label, int32_t channels, mdl_unknown unknown) {
    if (unknown != mdl_unknown_zero) { return 1; }
    for (int32_t channel = 0; channel < channels; channel++) {
        if (label[channel] != 0) { return 1; }
    }
    return 0;
}

static int is_known(int is_known_pixel, float label, mdl_unknown unknown) {
    switch (unknown) {
    case mdl_unknown_255: return label != 255;
    case mdl_unknown_zero: return is_known_pixel;
    case mdl_unknown_nan: return !isnan(label);
    }
}

// f of mdl_error.
static double continued_logarithm(double x, double constant) {
    return x < constant ? log(constant) + (x - constant) / constant : log(x);
}

static double sign(double x) { return (x > 0) - (x < 0); }

static double error_value(const mdl_error_loss *e, const double *coefficients, double o, double t, double *slope) {
    double x = o - t;
    switch (e->error) {
    case mdl_error_absolute: *slope = sign(x); return fabs(x);
    case mdl_error_squared: *slope = 2 * x; return x * x;
    case mdl_error_huber: {
        double delta = e->constant;
        int near = fabs(x) <= delta;
        *slope = near ? x : delta * sign(x);
        return near ? 0.5 * x * x : delta * (fabs(x) - 0.5 * delta);
    }
    case mdl_error_reverse_huber: {
        double c = coefficients[0];
        int near = fabs(x) <= c;
        *slope = near ? sign(x) : x / c;
        return near ? fabs(x) : (x * x + c * c) / (2 * c);
    }
    case mdl_error_absolute_log:
    case mdl_error_scale_invariant_log: {
        double d = continued_logarithm(o, e->constant) - continued_logarithm(t, e->constant);
        double inner = 1 / (o < e->constant ? e->constant : o);
        if (e->error == mdl_error_absolute_log) {
            *slope = sign(d) * inner;
            return fabs(d);
        }
        *slope = 2 * (coefficients[0] * d - coefficients[1]) * inner;
        return coefficients[0] * d * d - coefficients[1] * d;
    }
    }
}

void mdl_loss_error_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_error_loss e = *(const mdl_error_loss *)arguments;
    mdl_loss a = e.loss;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    const double *coefficients = e.coefficients ? e.coefficients + 2 * (ptrdiff_t)part.sample : NULL;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *label = a.labels + pixel * channels;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            int known_pixel = is_known_pixel(label, channels, e.unknown);
            double sum = 0;
            for (int32_t channel = 0; channel < channels; channel++) {
                int known = is_known(known_pixel, label[channel], e.unknown);
                double slope;
                double value = error_value(&e, coefficients, output[channel], label[channel], &slope);
                if (known) { sum += value; }
                if (!a.gradient.data) { continue; }
                mdl_row(a.gradient, part.sample, row)[column * a.gradient.pixel + channel] =
                    known ? (float)(slope * a.scale[0]) : 0;
            }
            total += sum;
        }
    }
    a.partial[item] = total;
}

void mdl_error_statistics_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_error_statistics a = *(const mdl_error_statistics *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    int is_logarithmic = a.error == mdl_error_absolute_log || a.error == mdl_error_scale_invariant_log;
    double *statistics = a.statistics + (ptrdiff_t)item * 3;
    for (int32_t index = 0; index < 3; index++) { statistics[index] = 0; }
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *label = a.labels + pixel * channels;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            int known_pixel = is_known_pixel(label, channels, a.unknown);
            for (int32_t channel = 0; channel < channels; channel++) {
                if (!is_known(known_pixel, label[channel], a.unknown)) { continue; }
                double x = fabs((double)output[channel] - label[channel]);
                statistics[0] += 1;
                if (x > statistics[1]) { statistics[1] = x; }
                if (!is_logarithmic) { continue; }
                statistics[2] +=
                    continued_logarithm(output[channel], a.constant) - continued_logarithm(label[channel], a.constant);
            }
        }
    }
}

void mdl_loss_cosine_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_loss a = *(const mdl_loss *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    const double smallest = 1e-8;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            const float *t = a.labels + pixel * 3;
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            double o[3] = {output[0], output[1], output[2]};
            double product = o[0] * t[0] + o[1] * t[1] + o[2] * t[2];
            double length = sqrt(o[0] * o[0] + o[1] * o[1] + o[2] * o[2]);
            double inverse = 1 / (length < smallest ? smallest : length);
            double truth = sqrt((double)t[0] * t[0] + (double)t[1] * t[1] + (double)t[2] * t[2]);
            double truth_inverse = 1 / (truth < smallest ? smallest : truth);
            double cosine = product * inverse * truth_inverse;
            int known = is_known_pixel(t, 3, mdl_unknown_zero);
            if (known) { total += 1 - cosine; }
            if (!a.gradient.data) { continue; }
            for (int32_t channel = 0; channel < 3; channel++) {
                double along = length < smallest ? 0 : cosine * inverse * o[channel];
                mdl_row(a.gradient, part.sample, row)[column * a.gradient.pixel + channel] =
                    known ? (float)((along - t[channel] * truth_inverse) * inverse * a.scale[0]) : 0;
            }
        }
    }
    a.partial[item] = total;
}

void mdl_label_counts_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_label_counts a = *(const mdl_label_counts *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    ptrdiff_t first = ((ptrdiff_t)part.sample * a.extent.height + part.first) * a.extent.width;
    ptrdiff_t end = ((ptrdiff_t)part.sample * a.extent.height + part.end) * a.extent.width;
    int64_t *counts = a.counts + (ptrdiff_t)item * (2 + a.classes);
    for (int32_t index = 0; index < 2 + a.classes; index++) { counts[index] = 0; }
    for (ptrdiff_t pixel = first; pixel < end; pixel++) {
        const float *label = a.labels + pixel * channels;
        int known_pixel = is_known_pixel(label, channels, a.unknown);
        for (int32_t channel = 0; channel < channels; channel++) {
            int known = is_known(known_pixel, label[channel], a.unknown);
            counts[0] += known;
            counts[1] += known && label[channel] > 0.5f;
            if (known && label[channel] >= 0 && label[channel] < (float)a.classes) {
                counts[2 + (int32_t)label[channel]] += 1;
            }
        }
    }
}
