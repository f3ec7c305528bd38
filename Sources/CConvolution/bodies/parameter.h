// Passes over parameters; see parameter_arguments.h.
#include "../items.h"
#include "normalization_arguments.h"
#include "parameter_arguments.h"
#include "vector.h"

MDL_INLINE void normalize_columns(mdl_normalized_rows a, int32_t output, int32_t count) {
    doubles sum = 0;
    for (int32_t input = 0; input < a.inputs; input++) {
        doubles v = widened(load(a.v + (ptrdiff_t)input * a.outputs + output, count));
        sum += v * v;
    }
    doubles length = __builtin_elementwise_sqrt(sum);
    doubles factor = widened(load(a.gain + output, count)) / length;
    for (int32_t input = 0; input < a.inputs; input++) {
        ptrdiff_t i = (ptrdiff_t)input * a.outputs + output;
        store(a.weight + i, count, narrowed(widened(load(a.v + i, count)) * factor));
    }
    store_doubles(a.length + output, count, length);
}

static void MDL_NAME(mdl_normalized_rows)(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalized_rows a = *(const mdl_normalized_rows *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.outputs);
    normalize_columns(a, part.first, part.end - part.first);
}

MDL_INLINE void normalize_columns_backward(mdl_normalized_rows_backward a, int32_t output, int32_t count) {
    doubles dot = 0;
    for (int32_t input = 0; input < a.inputs; input++) {
        ptrdiff_t i = (ptrdiff_t)input * a.outputs + output;
        dot += widened(load(a.gradient + i, count)) * widened(load(a.v + i, count));
    }
    doubles length = 1;
    memcpy(&length, a.length + output, (size_t)count * sizeof(double));
    doubles factor = widened(load(a.gain + output, count)) / length;
    doubles share = dot / (length * length);
    for (int32_t input = 0; input < a.inputs; input++) {
        ptrdiff_t i = (ptrdiff_t)input * a.outputs + output;
        doubles difference = widened(load(a.gradient + i, count)) - widened(load(a.v + i, count)) * share;
        store(a.gradient_v + i, count, narrowed(factor * difference));
    }
    store(a.gradient_gain + output, count, narrowed(dot / length));
}

static void MDL_NAME(mdl_normalized_rows_backward)(const void *arguments, int32_t item, int32_t worker) {
    mdl_normalized_rows_backward a = *(const mdl_normalized_rows_backward *)arguments;
    (void)worker;
    mdl_item_channels part = mdl_channels_of_item(item, mdl_channels_per_item, a.outputs);
    normalize_columns_backward(a, part.first, part.end - part.first);
}

enum { product_rows = 8 };

// `rows` is a constant, so that the sums stay in registers.
MDL_INLINE void multiply_rows(mdl_double_product a, int32_t row, int32_t rows, int32_t output, int32_t count) {
    doubles sums[product_rows];
    for (int32_t r = 0; r < rows; r++) { sums[r] = 0; }
    for (int32_t i = 0; i < a.inner; i++) {
        doubles right = load_doubles(a.right + (ptrdiff_t)i * a.outputs + output, count);
        for (int32_t r = 0; r < rows; r++) { sums[r] += a.left[(ptrdiff_t)(row + r) * a.inner + i] * right; }
    }
    for (int32_t r = 0; r < rows; r++) {
        store_doubles(a.product + (ptrdiff_t)(row + r) * a.outputs + output, count, sums[r]);
    }
}

static void MDL_NAME(mdl_double_product)(const void *arguments, int32_t item, int32_t worker) {
    mdl_double_product a = *(const mdl_double_product *)arguments;
    (void)worker;
    int32_t first = item * mdl_rows_per_item;
    int32_t end = first + mdl_rows_per_item < a.rows ? first + mdl_rows_per_item : a.rows;
    MDL_FOR_EACH_GROUP(output, count, a.outputs, {
        int32_t row = first;
        for (; row + product_rows <= end; row += product_rows) { multiply_rows(a, row, product_rows, output, count); }
        for (; row < end; row++) { multiply_rows(a, row, 1, output, count); }
    });
}
