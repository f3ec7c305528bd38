// The scalar kernels: what every other kernel is compared with. Those that only touch a few numbers per channel serve
// every instruction set.
#pragma once

#include "passes.h"

#define MDL_KERNEL(name) void name(const void *arguments, int32_t item, int32_t worker)

MDL_KERNEL(mdl_statistics_scalar);
MDL_KERNEL(mdl_fold_statistics_scalar);
MDL_KERNEL(mdl_finish_statistics_scalar);
MDL_KERNEL(mdl_running_statistics_scalar);
MDL_KERNEL(mdl_normalize_scalar);
MDL_KERNEL(mdl_gradient_sums_scalar);
MDL_KERNEL(mdl_fold_sums_scalar);
MDL_KERNEL(mdl_finish_gradient_sums_scalar);
MDL_KERNEL(mdl_normalize_backward_scalar);

MDL_KERNEL(mdl_add_scalar);
MDL_KERNEL(mdl_relu_backward_scalar);
MDL_KERNEL(mdl_max_pool_scalar);
MDL_KERNEL(mdl_max_pool_backward_scalar);
MDL_KERNEL(mdl_global_average_pool_scalar);
MDL_KERNEL(mdl_global_average_pool_backward_scalar);
MDL_KERNEL(mdl_resize_scalar);
MDL_KERNEL(mdl_resize_backward_scalar);
MDL_KERNEL(mdl_unit_length_scalar);
MDL_KERNEL(mdl_unit_length_backward_scalar);

MDL_KERNEL(mdl_loss_cross_entropy_scalar);
MDL_KERNEL(mdl_loss_binary_cross_entropy_scalar);
MDL_KERNEL(mdl_loss_error_scalar);
MDL_KERNEL(mdl_loss_cosine_scalar);
MDL_KERNEL(mdl_label_counts_scalar);
MDL_KERNEL(mdl_class_overlap_scalar);
MDL_KERNEL(mdl_binary_overlap_scalar);
MDL_KERNEL(mdl_error_statistics_scalar);

#define MDL_OPTIMIZER_REFERENCE(name) MDL_KERNEL(mdl_##name##_scalar);
MDL_OPTIMIZERS(MDL_OPTIMIZER_REFERENCE)
#undef MDL_OPTIMIZER_REFERENCE
MDL_KERNEL(mdl_square_sums_scalar);
MDL_KERNEL(mdl_average_scalar);

MDL_KERNEL(mdl_normalized_rows_scalar);
MDL_KERNEL(mdl_normalized_rows_backward_scalar);
MDL_KERNEL(mdl_double_product_scalar);

#undef MDL_KERNEL
