// The scalar reference: the contract of winograd_arguments.h with the matrices as they are, one multiplication and one
// addition at a time.
#include "winograd_arguments.h"

#include <stddef.h>

#include "../winograd_tables.h"

#pragma clang fp contract(off)

enum { panel_width = 4, block = mdl_winograd_block, most = mdl_winograd_most + 2 };

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

// What one side of a product of matrices is: `rows` x `columns` values, `row` and `column` floats apart.
typedef struct {
    const float *values;
    int32_t rows;
    int32_t columns;
    int32_t row;
    int32_t column;
} matrix_t;

static matrix_t transposed(matrix_t m) { return (matrix_t){m.values, m.columns, m.rows, m.column, m.row}; }

static matrix_t output_matrix(int32_t size) {
    return (matrix_t){mdl_winograd_matrices_of(size)->output[0], size, size + 2, most, 1};
}
static matrix_t filter_matrix(int32_t size) {
    return (matrix_t){mdl_winograd_matrices_of(size)->filter[0], size + 2, 3, 3, 1};
}
static matrix_t input_matrix(int32_t size) {
    return (matrix_t){mdl_winograd_matrices_of(size)->input[0], size + 2, size + 2, most, 1};
}

// result = m x m', with x and result row by row.
static void transform(matrix_t m, const float *x, float *result) {
    float half[most * most];
    for (int32_t i = 0; i < m.rows; i++) {
        for (int32_t j = 0; j < m.columns; j++) {
            float sum = 0;
            for (int32_t k = 0; k < m.columns; k++) {
                sum += m.values[i * m.row + k * m.column] * x[k * m.columns + j];
            }
            half[i * m.columns + j] = sum;
        }
    }
    for (int32_t i = 0; i < m.rows; i++) {
        for (int32_t j = 0; j < m.rows; j++) {
            float sum = 0;
            for (int32_t k = 0; k < m.columns; k++) {
                sum += half[i * m.columns + k] * m.values[j * m.row + k * m.column];
            }
            result[i * m.rows + j] = sum;
        }
    }
}

typedef struct {
    int32_t sample;
    int32_t row;
    int32_t column;
} place_t;

static place_t place_of(const mdl_winograd_tiles *tiles, int32_t tile) {
    const int32_t line = tile / tiles->column_count;
    return (place_t){
        line / tiles->row_count,
        tiles->rows[line % tiles->row_count],
        tiles->columns[tile % tiles->column_count],
    };
}

// The value at (row, column), or NULL where there is none.
static float *pixel(mdl_view view, mdl_extent extent, int32_t sample, int32_t row, int32_t column, int32_t channel) {
    if (row < 0 || row >= extent.height || column < 0 || column >= extent.width) return NULL;
    return view.data + sample * view.sample + row * view.row + column * view.pixel + channel;
}

// side * side values from (row, column) on, `step` apart; 0 where there is no pixel and beyond the channels.
static void load(
    mdl_view view, mdl_extent extent, place_t place, int32_t shift, int32_t step, int32_t side, int32_t channel,
    float *values) {
    for (int32_t i = 0; i < side; i++) {
        for (int32_t j = 0; j < side; j++) {
            const float *value = pixel(
                view, extent, place.sample, place.row - shift + i * step, place.column - shift + j * step, channel);
            values[i * side + j] = value == NULL || channel >= extent.channels ? 0 : *value;
        }
    }
}

static void convolution(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_convolution *a = arguments;
    const mdl_winograd_tiles *tiles = &a->tiles;
    const int32_t size = tiles->size, places = (size + 2) * (size + 2);
    const int32_t inputs = a->input_extent.channels, outputs = a->output_extent.channels;
    const int32_t panels = (outputs + panel_width - 1) / panel_width;
    const int32_t first = item / a->groups * a->block_tiles;
    const int32_t from = item % a->groups * a->panels_per_group * panel_width;
    const int32_t to = smaller(from + a->panels_per_group * panel_width, outputs);
    for (int32_t t = first; t < smaller(first + a->block_tiles, a->tile_count); t++) {
        const place_t place = place_of(tiles, t);
        for (int32_t output = from; output < to; output++) {
            float sum[most * most] = {0}, result[most * most];
            for (int32_t input = 0; input < inputs; input++) {
                float values[most * most], v[most * most];
                load(a->input, a->input_extent, place, tiles->padding, tiles->step, size + 2, input, values);
                transform(input_matrix(size), values, v);
                for (int32_t k = 0; k < places; k++) {
                    const ptrdiff_t row = ((ptrdiff_t)k * panels + output / panel_width) * inputs + input;
                    sum[k] += v[k] * a->filter[row * panel_width + output % panel_width];
                }
            }
            transform(output_matrix(size), sum, result);
            for (int32_t i = 0; i < size; i++) {
                for (int32_t j = 0; j < size; j++) {
                    float *y = pixel(
                        a->output, a->output_extent, place.sample, place.row + i * tiles->step,
                        place.column + j * tiles->step, output);
                    if (y == NULL) continue;
                    const float value = result[i * size + j] + (a->bias != NULL ? a->bias[output] : 0.0f);
                    *y = a->accumulate ? *y + value : value;
                }
            }
        }
    }
}

static void filter(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_filter *a = arguments;
    const int32_t places = (a->size + 2) * (a->size + 2);
    const int32_t rows = a->transposed ? a->outputs : a->inputs;
    const int32_t channels = a->transposed ? a->inputs : a->outputs;
    const int32_t panels = (channels + panel_width - 1) / panel_width;
    const int32_t chunks = (rows + mdl_winograd_chunk - 1) / mdl_winograd_chunk;
    const int32_t panel = item / chunks, first = item % chunks * mdl_winograd_chunk;
    for (int32_t row = first; row < smaller(first + mdl_winograd_chunk, rows); row++) {
        for (int32_t lane = 0; lane < panel_width; lane++) {
            const int32_t channel = panel * panel_width + lane;
            const int32_t input = a->transposed ? channel : row, output = a->transposed ? row : channel;
            float taps[9] = {0}, u[most * most];
            for (int32_t tap = 0; tap < 9 && channel < channels; tap++) {
                taps[a->transposed ? 8 - tap : tap] = a->filter[((ptrdiff_t)tap * a->inputs + input) * a->outputs + output];
            }
            transform(filter_matrix(a->size), taps, u);
            for (int32_t k = 0; k < places; k++) {
                a->transformed[(((ptrdiff_t)k * panels + panel) * rows + row) * panel_width + lane] = u[k];
            }
        }
    }
}

static void gradient_transform(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const mdl_winograd_tiles *tiles = &a->tiles;
    const int32_t size = tiles->size, places = (size + 2) * (size + 2);
    const int32_t of_gradient = item % 2, sample = item / 2 / a->chunks;
    const int32_t first = item / 2 % a->chunks * a->chunk_tiles;
    const int32_t width = of_gradient ? panel_width : block;
    const int32_t channels = of_gradient ? a->output_extent.channels : a->input_extent.channels;
    const ptrdiff_t step = of_gradient ? a->gradient_place : a->input_place;
    float *to = (of_gradient ? a->transformed_gradient : a->transformed_input) + sample * places * step;
    for (int32_t t = first; t < smaller(first + a->chunk_tiles, a->tile_count); t++) {
        place_t place = place_of(tiles, a->first_tile + t);
        place.sample = a->first_sample + sample;
        for (int32_t channel = 0; channel < (channels + width - 1) / width * width; channel++) {
            float values[most * most], v[most * most];
            if (of_gradient) {
                load(a->output_gradient, a->output_extent, place, 0, tiles->step, size, channel, values);
                transform(transposed(output_matrix(size)), values, v);
            } else {
                load(a->input, a->input_extent, place, tiles->padding, tiles->step, size + 2, channel, values);
                transform(input_matrix(size), values, v);
            }
            for (int32_t k = 0; k < places; k++) {
                to[k * step + ((ptrdiff_t)channel / width * a->tile_count + t) * width + channel % width] = v[k];
            }
        }
    }
}

// The products of one place, one input and one output channel over the tiles that are here, added to `total`.
static float add_products(const mdl_winograd_gradient *a, ptrdiff_t place, int32_t input, int32_t output, float total) {
    const float *v = a->transformed_input + place * a->input_place +
                     (ptrdiff_t)input / block * a->tile_count * block + input % block;
    const float *m = a->transformed_gradient + place * a->gradient_place +
                     (ptrdiff_t)output / panel_width * a->tile_count * panel_width + output % panel_width;
    for (int32_t first = 0; first < a->tile_count; first += a->block_tiles) {
        float sum = 0;
        for (int32_t t = first; t < smaller(first + a->block_tiles, a->tile_count); t++) {
            sum += v[t * block] * m[t * panel_width];
        }
        total = a->first_tile + first > 0 ? total + sum : sum;
    }
    return total;
}

static ptrdiff_t index_of_product(const mdl_winograd_gradient *a, ptrdiff_t place, int32_t input, int32_t output) {
    return place * a->product_place +
           ((ptrdiff_t)output / panel_width * a->input_extent.channels + input) * panel_width + output % panel_width;
}

static void gradient_products(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_gradient *a = arguments;
    const ptrdiff_t place = item / a->groups;
    const int32_t from = item % a->groups * a->panels_per_group * panel_width;
    const int32_t to = smaller(from + a->panels_per_group * panel_width, a->output_extent.channels);
    for (int32_t output = from; output < to; output++) {
        for (int32_t input = 0; input < a->input_extent.channels; input++) {
            float *total = a->products + index_of_product(a, place, input, output);
            *total = add_products(a, place, input, output, *total);
        }
    }
}

// Transforms the products u of one input and output channel of one sample and folds them.
static void fold_sample(const mdl_winograd_gradient *a, int32_t sample, int32_t input, int32_t output, const float *u) {
    const ptrdiff_t filter_count = (ptrdiff_t)9 * a->input_extent.channels * a->output_extent.channels;
    int32_t live = 0, subtree = 0;
    for (int32_t earlier = 0; earlier < sample; earlier++) {
        live = a->fold.ends[earlier] ? 0 : live + 1 - a->fold.merges[earlier];
        subtree += a->fold.ends[earlier] != 0;
    }
    const int32_t level = live - a->fold.merges[sample];
    float g[most * most];
    transform(transposed(filter_matrix(a->tiles.size)), u, g);
    for (int32_t tap = 0; tap < 9; tap++) {
        const ptrdiff_t at = ((ptrdiff_t)tap * a->input_extent.channels + input) * a->output_extent.channels + output;
        float *bottom = a->filter_gradient + subtree * a->subtree_stride + at;
        for (int32_t k = live - 1; k >= level; k--) {
            g[tap] += k == 0 ? *bottom : a->partials[(k - 1) * filter_count + at];
        }
        *(level == 0 ? bottom : a->partials + (level - 1) * filter_count + at) = g[tap];
    }
}

static void fold(const mdl_winograd_gradient *a, int32_t item, int whole) {
    const int32_t places = (a->tiles.size + 2) * (a->tiles.size + 2);
    const int32_t groups = (a->input_extent.channels + block - 1) / block;
    const int32_t first_output = item / groups * panel_width, first_input = item % groups * block;
    for (int32_t input = first_input; input < smaller(first_input + block, a->input_extent.channels); input++) {
        for (int32_t output = first_output; output < smaller(first_output + panel_width, a->output_extent.channels);
             output++) {
            for (int32_t sample = 0; sample < a->samples; sample++) {
                float u[most * most];
                for (int32_t k = 0; k < places; k++) {
                    const ptrdiff_t place = (ptrdiff_t)sample * places + k;
                    u[k] = whole ? add_products(a, place, input, output, 0)
                                 : a->products[index_of_product(a, place, input, output)];
                }
                fold_sample(a, a->first_sample + sample, input, output, u);
            }
        }
    }
}

static void gradient_fold(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    fold(arguments, item, 0);
}

static void gradient_whole(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    fold(arguments, item, 1);
}

static const mdl_winograd_kernels kernels = {
    .panel_width = panel_width,
    .register_tiles = 1,
    .filter = filter,
    .convolution = convolution,
    .gradient_transform = gradient_transform,
    .gradient_products = gradient_products,
    .gradient_fold = gradient_fold,
    .gradient_whole = gradient_whole,
};

const mdl_winograd_kernels *mdl_winograd_kernels_scalar(void) { return &kernels; }
