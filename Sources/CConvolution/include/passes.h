// The kernels that pass over activations and parameters, as one table per instruction set.
#pragma once

#include "isa.h"
#include "loss_arguments.h"
#include "map_arguments.h"
#include "normalization_arguments.h"
#include "optimizer_arguments.h"
#include "parameter_arguments.h"


typedef struct mdl_passes {
    // normalization_arguments.h
    mdl_kernel statistics;
    mdl_kernel fold_statistics;
    mdl_kernel finish_statistics;
    mdl_kernel running_statistics;
    mdl_kernel normalize;
    mdl_kernel gradient_sums;
    mdl_kernel fold_sums;
    mdl_kernel finish_gradient_sums;
    mdl_kernel normalize_backward;
    // map_arguments.h
    mdl_kernel add;
    mdl_kernel relu_backward;
    mdl_kernel max_pool;
    mdl_kernel max_pool_backward;
    mdl_kernel global_average_pool;
    mdl_kernel global_average_pool_backward;
    mdl_kernel resize;
    mdl_kernel resize_backward;
    mdl_kernel unit_length;
    mdl_kernel unit_length_backward;
    // loss_arguments.h
    mdl_kernel loss_cross_entropy;
    mdl_kernel loss_binary_cross_entropy;
    mdl_kernel loss_error;
    mdl_kernel loss_cosine;
    mdl_kernel label_counts;
    mdl_kernel class_overlap;
    mdl_kernel binary_overlap;
    mdl_kernel error_statistics;
    // optimizer_arguments.h
    mdl_kernel optimizers[mdl_optimizer_count];
    mdl_kernel square_sums;
    mdl_kernel average;
    // parameter_arguments.h
    mdl_kernel normalized_rows;
    mdl_kernel normalized_rows_backward;
    mdl_kernel double_product;
} mdl_passes;


// The table of an instruction set that the machine has (see mdl_isa_available); NULL where it has not.
const mdl_passes *mdl_passes_for(mdl_isa isa);
// The step of the optimizer that has the name; NULL where none has.
mdl_kernel mdl_optimizer_named(const mdl_passes *passes, const char *name);
