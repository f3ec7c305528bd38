// Cross-entropy and the sums of its Dice term, one number at a time and in double; see loss_arguments.h.
#include "../items.h"
#include "reference.h"

#include <math.h>

#pragma clang fp contract(off)

static double weight_of(const mdl_cross_entropy *a, int32_t class) { return a->weights ? a->weights[class] : 1; }

static double largest(const float *logits, int32_t channels) {
    double maximum = logits[0];
    for (int32_t channel = 1; channel < channels; channel++) {
        if (logits[channel] > maximum) { maximum = logits[channel]; }
    }
    return maximum;
}

static double sum_of_exponentials(const float *logits, int32_t channels, double maximum) {
    double sum = 0;
    for (int32_t channel = 0; channel < channels; channel++) { sum += exp(logits[channel] - maximum); }
    return sum;
}

// What label smoothing adds to the loss of a pixel of known class.
static double smoothing_distance(const mdl_cross_entropy *a, const float *logits, int32_t class) {
    int32_t channels = a->loss.extent.channels;
    if (!a->weights) { return mdl_smoothing_distance(logits, channels, class, a->smoothing); }
    double sum = 0;
    for (int32_t channel = 0; channel < channels; channel++) {
        sum += a->weights[channel] * ((double)logits[class] - logits[channel]);
    }
    return a->smoothing / channels * sum;
}

// The sum of T over the classes.
static double truth_mass(const mdl_cross_entropy *a, int32_t class) {
    int32_t channels = a->loss.extent.channels;
    if (!a->weights) { return 1; }
    double sum = 0;
    for (int32_t channel = 0; channel < channels; channel++) { sum += a->weights[channel]; }
    return (1 - a->smoothing) * a->weights[class] + a->smoothing / channels * sum;
}

void mdl_loss_cross_entropy_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_cross_entropy e = *(const mdl_cross_entropy *)arguments;
    mdl_loss a = e.loss;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    const double *overlap = e.overlap ? e.overlap + (ptrdiff_t)part.sample * 2 * channels : NULL;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            float label = a.labels[((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column];
            int known = label != 255;
            int32_t class = label >= 0 && label < (float)channels ? (int32_t)label : -1;
            double maximum = largest(output, channels);
            double sum = sum_of_exponentials(output, channels, maximum);
            double surprise = class < 0 ? NAN : log(sum) + (maximum - output[class]);
            double mass = class < 0 ? 1 : truth_mass(&e, class);
            double target = class < 0 ? 0 : exp(output[class] - maximum);
            double damping = 1;
            double factor = 1;
            if (e.gamma > 0) {
                double missing = (sum - target) / sum;
                damping = pow(missing, e.gamma);
                factor = damping * (1 + e.gamma * target / sum * (missing > 0 ? surprise / missing : 1));
            }
            if (known) { total += mass * (damping * surprise); }
            if (known && class >= 0 && e.smoothing > 0) { total += smoothing_distance(&e, output, class); }
            if (!a.gradient.data) { continue; }
            double mean = overlap && class >= 0 ? target / sum * overlap[class] : 0;
            for (int32_t channel = 0; channel < channels && overlap; channel++) {
                mean += exp(output[channel] - maximum) / sum * overlap[channels + channel];
            }
            // The gradient may take the output's place, of which each channel is read for the last time here.
            float *gradient = mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel;
            for (int32_t channel = 0; channel < channels; channel++) {
                double probability = exp(output[channel] - maximum) / sum;
                double truth =
                    weight_of(&e, channel) * (e.smoothing / channels + (channel == class ? 1 - e.smoothing : 0));
                double slope = (mass * probability - truth) * factor * a.scale[0];
                if (overlap) {
                    slope += probability *
                             (overlap[channels + channel] + (channel == class ? overlap[channel] : 0) - mean);
                }
                gradient[channel] = known ? (float)slope : 0;
            }
        }
    }
    a.partial[item] = total;
}

void mdl_class_overlap_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_overlap a = *(const mdl_overlap *)arguments;
    (void)worker;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double *sums = a.sums + (ptrdiff_t)item * 3 * channels;
    for (int32_t index = 0; index < 3 * channels; index++) { sums[index] = 0; }
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column++) {
            const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel;
            float label = a.labels[((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column];
            if (label == 255) { continue; }
            double maximum = largest(output, channels);
            double sum = sum_of_exponentials(output, channels, maximum);
            for (int32_t channel = 0; channel < channels; channel++) {
                double probability = exp(output[channel] - maximum) / sum;
                sums[channels + channel] += probability;
                if (label == (float)channel) {
                    sums[channel] += probability;
                    sums[2 * channels + channel] += 1;
                }
            }
        }
    }
}
