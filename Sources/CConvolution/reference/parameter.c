// Passes over parameters, one number at a time; see parameter_arguments.h.
#include "../items.h"
#include "normalization_arguments.h"
#include "reference.h"

#include <math.h>

#pragma clang fp contract(off)

void mdl_normalized_rows_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalized_rows a = *(const mdl_normalized_rows *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.outputs);
    for (int32_t output = part.first; output < part.end; output++) {
        double sum = 0;
        for (int32_t input = 0; input < a.inputs; input++) {
            double v = a.v[(ptrdiff_t)input * a.outputs + output];
            sum += v * v;
        }
        double length = sqrt(sum);
        double factor = a.gain[output] / length;
        for (int32_t input = 0; input < a.inputs; input++) {
            ptrdiff_t i = (ptrdiff_t)input * a.outputs + output;
            a.weight[i] = (float)(a.v[i] * factor);
        }
        a.length[output] = length;
    }
}

void mdl_normalized_rows_backward_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalized_rows_backward a = *(const mdl_normalized_rows_backward *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.outputs);
    for (int32_t output = part.first; output < part.end; output++) {
        double dot = 0;
        for (int32_t input = 0; input < a.inputs; input++) {
            ptrdiff_t i = (ptrdiff_t)input * a.outputs + output;
            dot += (double)a.gradient[i] * a.v[i];
        }
        double length = a.length[output];
        double factor = a.gain[output] / length;
        double share = dot / (length * length);
        for (int32_t input = 0; input < a.inputs; input++) {
            ptrdiff_t i = (ptrdiff_t)input * a.outputs + output;
            a.gradient_v[i] = (float)(factor * (a.gradient[i] - a.v[i] * share));
        }
        a.gradient_gain[output] = (float)(dot / length);
    }
}

void mdl_double_product_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_double_product a = *(const mdl_double_product *)arguments;
    (void)worker;
    for (int32_t row = item * mdl_rows_per_item; row < (item + 1) * mdl_rows_per_item && row < a.rows; row++) {
        for (int32_t output = 0; output < a.outputs; output++) {
            double sum = 0;
            for (int32_t i = 0; i < a.inner; i++) {
                sum += a.left[(ptrdiff_t)row * a.inner + i] * a.right[(ptrdiff_t)i * a.outputs + output];
            }
            a.product[(ptrdiff_t)row * a.outputs + output] = sum;
        }
    }
}
