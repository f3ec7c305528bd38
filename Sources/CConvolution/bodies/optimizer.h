// Passes of optimizers; see optimizer_arguments.h.
#include "optimizer_arguments.h"
#include "vector.h"

MDL_INLINE floats toward(floats from, floats to, float weight) {
    return weight < 0.5f ? from + weight * (to - from) : to - (to - from) * (1 - weight);
}

// Calls `statement` for every 16 values of an item's piece, from place `i` on, and once for those that are left.
#define MDL_FOR_EACH_PART(piece, i, count, statement)                       \
    do {                                                                    \
        ptrdiff_t i = (piece).first, end = i + (piece).count;               \
        for (; i + lanes <= end; i += lanes) {                              \
            const int32_t count = lanes;                                    \
            statement;                                                      \
        }                                                                   \
        if (i < end) {                                                      \
            const int32_t count = (int32_t)(end - i);                       \
            statement;                                                      \
        }                                                                   \
    } while (0)

static void MDL_NAME(mdl_sgd)(const void *arguments, int32_t item, int32_t worker) {
    mdl_optimizer_step a = *(const mdl_optimizer_step *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    const float *c = a.coefficients + (ptrdiff_t)piece.group * mdl_optimizer_coefficients;
    float scale = a.scale[0], rate = c[0], decay = c[1], momentum = c[2];
    int32_t is_nesterov = c[3] != 0;
    MDL_FOR_EACH_PART(piece, i, count, {
        floats value = load(a.value + i, count);
        floats gradient = scale * load(a.gradient + i, count) + decay * value;
        floats velocity = momentum * load(a.states[0] + i, count) + gradient;
        store(a.states[0] + i, count, velocity);
        store(a.value + i, count, value - rate * (is_nesterov ? gradient + momentum * velocity : velocity));
    });
}

static void MDL_NAME(mdl_adamw)(const void *arguments, int32_t item, int32_t worker) {
    mdl_optimizer_step a = *(const mdl_optimizer_step *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    const float *c = a.coefficients + (ptrdiff_t)piece.group * mdl_optimizer_coefficients;
    float scale = a.scale[0], kept = c[0], weight = c[1], beta = c[2], rest = c[3], root = c[4], epsilon = c[5];
    float rate = c[6];
    MDL_FOR_EACH_PART(piece, i, count, {
        floats gradient = scale * load(a.gradient + i, count);
        floats first = toward(load(a.states[0] + i, count), gradient, weight);
        floats second = beta * load(a.states[1] + i, count) + rest * gradient * gradient;
        store(a.states[0] + i, count, first);
        store(a.states[1] + i, count, second);
        floats length = __builtin_elementwise_sqrt(second) * root + epsilon;
        store(a.value + i, count, kept * load(a.value + i, count) - rate * first / length);
    });
}

static void MDL_NAME(mdl_square_sums)(const void *arguments, int32_t item, int32_t worker) {
    mdl_square_sums a = *(const mdl_square_sums *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    doubles sum = 0;
    MDL_FOR_EACH_PART(piece, i, count, {
        doubles gradient = widened(load(a.gradient + i, count));
        sum += gradient * gradient;
    });
    a.sums[item] = sum_of_lanes(sum);
}

static void MDL_NAME(mdl_average)(const void *arguments, int32_t item, int32_t worker) {
    mdl_average_step a = *(const mdl_average_step *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    float weight = a.weight[0];
    MDL_FOR_EACH_PART(piece, i, count, {
        store(a.average + i, count, toward(load(a.average + i, count), load(a.value + i, count), weight));
    });
}
