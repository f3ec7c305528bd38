// The table of one instruction set, from the bodies included before.
#include "../reference/reference.h"
#include "../tables.h"

const mdl_passes MDL_NAME(mdl_passes) = {
    .statistics = MDL_NAME(mdl_statistics),
    .fold_statistics = mdl_fold_statistics_scalar,
    .finish_statistics = mdl_finish_statistics_scalar,
    .running_statistics = mdl_running_statistics_scalar,
    .normalize = MDL_NAME(mdl_normalize),
    .gradient_sums = MDL_NAME(mdl_gradient_sums),
    .fold_sums = mdl_fold_sums_scalar,
    .finish_gradient_sums = mdl_finish_gradient_sums_scalar,
    .normalize_backward = MDL_NAME(mdl_normalize_backward),
    .add = MDL_NAME(mdl_add),
    .relu_backward = MDL_NAME(mdl_relu_backward),
    .max_pool = MDL_NAME(mdl_max_pool),
    .max_pool_backward = MDL_NAME(mdl_max_pool_backward),
    .global_average_pool = MDL_NAME(mdl_global_average_pool),
    .global_average_pool_backward = MDL_NAME(mdl_global_average_pool_backward),
    .resize = MDL_NAME(mdl_resize),
    .resize_backward = MDL_NAME(mdl_resize_backward),
    .unit_length = MDL_NAME(mdl_unit_length),
    .unit_length_backward = MDL_NAME(mdl_unit_length_backward),
    .loss_cross_entropy = MDL_NAME(mdl_loss_cross_entropy),
    .loss_edge = MDL_NAME(mdl_loss_edge),
    .loss_saliency = MDL_NAME(mdl_loss_saliency),
    .loss_depth = MDL_NAME(mdl_loss_depth),
    .loss_normals = MDL_NAME(mdl_loss_normals),
    .known_count = mdl_known_count_scalar,
    .descent = MDL_NAME(mdl_descent),
    .normalized_rows = MDL_NAME(mdl_normalized_rows),
    .normalized_rows_backward = MDL_NAME(mdl_normalized_rows_backward),
};
