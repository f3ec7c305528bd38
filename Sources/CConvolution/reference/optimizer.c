// Passes of optimizers, one number at a time; see optimizer_arguments.h.
#include "reference.h"

#include <math.h>
#include <string.h>

#pragma clang fp contract(off)

static float toward(float from, float to, float weight) {
    return weight < 0.5f ? from + weight * (to - from) : to - (to - from) * (1 - weight);
}

void mdl_sgd_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_optimizer_step a = *(const mdl_optimizer_step *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    const float *c = a.coefficients + (ptrdiff_t)piece.group * mdl_optimizer_coefficients;
    for (ptrdiff_t i = piece.first; i < piece.first + piece.count; i++) {
        float gradient = a.scale[0] * a.gradient[i] + c[1] * a.value[i];
        float velocity = c[2] * a.states[0][i] + gradient;
        a.states[0][i] = velocity;
        a.value[i] = a.value[i] - c[0] * (c[3] != 0 ? gradient + c[2] * velocity : velocity);
    }
}

void mdl_adamw_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_optimizer_step a = *(const mdl_optimizer_step *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    const float *c = a.coefficients + (ptrdiff_t)piece.group * mdl_optimizer_coefficients;
    for (ptrdiff_t i = piece.first; i < piece.first + piece.count; i++) {
        float gradient = a.scale[0] * a.gradient[i];
        float first = toward(a.states[0][i], gradient, c[1]);
        float second = c[2] * a.states[1][i] + c[3] * gradient * gradient;
        a.states[0][i] = first;
        a.states[1][i] = second;
        float length = sqrtf(second) * c[4] + c[5];
        a.value[i] = c[0] * a.value[i] - c[6] * first / length;
    }
}

void mdl_square_sums_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_square_sums a = *(const mdl_square_sums *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    double sums[16] = {0};
    for (int32_t i = 0; i < piece.count; i++) {
        double gradient = a.gradient[piece.first + i];
        sums[i % 16] += gradient * gradient;
    }
    for (int32_t half = 8; half > 0; half /= 2) {
        for (int32_t lane = 0; lane < half; lane++) { sums[lane] += sums[lane + half]; }
    }
    a.sums[item] = sums[0];
}

void mdl_average_scalar(const void *arguments, int32_t item, int32_t worker) {
    mdl_average_step a = *(const mdl_average_step *)arguments;
    (void)worker;
    mdl_piece piece = a.pieces[item];
    for (ptrdiff_t i = piece.first; i < piece.first + piece.count; i++) {
        a.average[i] = toward(a.average[i], a.value[i], a.weight[0]);
    }
}

mdl_kernel mdl_optimizer_named(const mdl_passes *passes, const char *name) {
#define MDL_NAMED(own) \
    if (strcmp(name, #own) == 0) { return passes->optimizers[mdl_optimizer_##own]; }
    MDL_OPTIMIZERS(MDL_NAMED)
#undef MDL_NAMED
    return NULL;
}
