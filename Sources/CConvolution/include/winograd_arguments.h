// Winograd's minimal filtering F(m x m, 3 x 3) for convolutions with 3 x 3 taps and stride 1 over channels-last
// activations (Winograd 1980; Lavin and Gray, CVPR 2016; points after Barabasz et al., TOMS 2020).
//
// A tile of m x m outputs is y = A'((G g G') . (B' d B)) A over n x n = (m + 2) x (m + 2) inputs, the product . being
// elementwise; summed over the input channels it becomes n * n matrix products, one per place in the tile. Points:
//   m = 4: 0, +-1/sqrt(2), +-sqrt(2), infinity    m = 3: the same without 0    m = 2: 0, +-1, infinity
// With these the largest error of m = 4 is about twice that of the direct form; with 0, +-1, +-2 it is eight times.
//
// A dilation cuts the outputs into step x step dense sub-grids, each a plain convolution with tiles of its own. Where a
// tile reaches over the border, its inputs are 0 and its outputs are dropped.
#pragma once

#include "isa.h"
#include "kernel_arguments.h"

enum {
    mdl_winograd_most = 4,      // the largest m
    mdl_winograd_block = 16,    // channels that lie together in transformed inputs
    mdl_winograd_chunk = 32,    // channels of a filter transformed by one item
};

// Tiles in order of (sample, row of tiles, column of tiles).
typedef struct mdl_winograd_tiles {
    const int32_t *rows;     // the first output row of each row of tiles, from the sub-grids one after the other
    const int32_t *columns;  // likewise
    int32_t row_count;
    int32_t column_count;
    int32_t size;            // m
    int32_t step;            // the dilation: rows and columns between neighbours of one sub-grid
    int32_t padding;
} mdl_winograd_tiles;

// Transforms a filter that lies as [tap][input channel][output channel] to [place][panel][channel][panel width],
// floats beyond the channels being 0. Forward: panels of output channels, rows are input channels. Transposed: panels
// of input channels, rows are output channels, taps reversed.
// Item = panel * chunks + chunk of mdl_winograd_chunk rows.
typedef struct mdl_winograd_filter {
    const float *filter;
    float *transformed;
    int32_t inputs;
    int32_t outputs;
    int32_t size;
    int32_t transposed;
} mdl_winograd_filter;

// output = filter * input + bias, or added to what is there.
//
// Per output element: every place's products are added from 0 in the order of the input channels, then transformed.
// Tiles are independent, whatever their block.
// Item = block * groups + group; a block is `block_tiles` tiles (of any samples), a group `panels_per_group` panels.
typedef struct mdl_winograd_convolution {
    mdl_view input;
    mdl_extent input_extent;
    mdl_view output;
    mdl_extent output_extent;
    mdl_winograd_tiles tiles;
    int32_t tile_count;      // of all samples
    int32_t block_tiles;
    int32_t groups;
    int32_t panels_per_group;
    int32_t accumulate;
    const float *filter;     // transformed
    const float *bias;       // one per output channel, or NULL
    // Per worker: inputs [place][channel / block][tile][block], then products [place][panel][tile][panel width].
    float *scratch;
    ptrdiff_t scratch_stride;
    ptrdiff_t input_place;   // floats from one place to the next
    ptrdiff_t product_place;
} mdl_winograd_convolution;

// Gradient of a filter [tap][input channel][output channel], dg = G'((A dy A') . (B' d B)) G, over the samples
// [first_sample, first_sample + samples) and the tiles [first_tile, first_tile + tile_count) of each: what both are made
// of is transformed, then multiplied place by place, then transformed back.
//
// Per sample, and place by place: products are added from 0 in the order of a block's tiles, the blocks of block_tiles
// in order. The sum is transformed back, and the samples' partials are folded along the tree; every subtree's sum goes
// to filter_gradient + subtree * subtree_stride.
//
// Either gradient_products collects the products of all tiles, some at a time, and gradient_fold does the rest; or,
// where all tiles of a sample are here, gradient_whole does both and the products never leave the core. Same bits.
typedef struct mdl_winograd_gradient {
    mdl_view input;
    mdl_extent input_extent;
    mdl_view output_gradient;
    mdl_extent output_extent;
    mdl_winograd_tiles tiles;
    int32_t first_sample;
    int32_t samples;
    int32_t first_tile;
    int32_t tile_count;
    int32_t block_tiles;          // divides first_tile
    // gradient_transform: item = (sample * chunks + chunk) * 2 + (0 the input, 1 the output gradient).
    int32_t chunk_tiles;
    int32_t chunks;
    // gradient_products: item = (sample * places + place) * groups + group of panels.
    int32_t groups;
    int32_t panels_per_group;
    float *transformed_input;     // [sample][place][channel / block][tile][block]
    float *transformed_gradient;  // [sample][place][panel][tile][panel width]
    float *products;              // [sample][place][panel][input channel][panel width]
    ptrdiff_t input_place;        // floats from one place to the next
    ptrdiff_t gradient_place;
    ptrdiff_t product_place;
    // gradient_fold and gradient_whole: item = panel * input groups + group of mdl_winograd_block input channels.
    float *filter_gradient;
    ptrdiff_t subtree_stride;
    mdl_fold fold;
    float *partials;              // fold.levels - 2 filters, where that is positive: level 0 lives in filter_gradient
} mdl_winograd_gradient;

// The kernels of one instruction set.
typedef struct mdl_winograd_kernels {
    int32_t panel_width;
    int32_t register_tiles;       // tiles of a block that one register tile holds
    mdl_kernel filter;
    mdl_kernel convolution;
    mdl_kernel gradient_transform;
    mdl_kernel gradient_products;
    mdl_kernel gradient_fold;
    mdl_kernel gradient_whole;
} mdl_winograd_kernels;

// NULL where the machine lacks the instruction set.
const mdl_winograd_kernels *mdl_winograd_kernels_for(mdl_isa isa);

// The matrices of size m, row by row: A' is m x n, G is n x 3, B' is n x n.
typedef struct mdl_winograd_matrices {
    float output[mdl_winograd_most][mdl_winograd_most + 2];
    float filter[mdl_winograd_most + 2][3];
    float input[mdl_winograd_most + 2][mdl_winograd_most + 2];
} mdl_winograd_matrices;

// - Precondition: size is 2, 3 or 4.
const mdl_winograd_matrices *mdl_winograd_matrices_of(int32_t size);
