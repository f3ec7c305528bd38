// The kernel that transforms a filter; part of winograd.h.

// G g G' of one row of one panel.
MDL_INLINE void transform_filter(const int size, const float *taps, float *to, ptrdiff_t place) {
    const int places = size + 2;
    for (int k = 0; k < MDL_VECTORS; k++) {
        vec values[9], columns[(mdl_winograd_most + 2) * 3], line[mdl_winograd_most + 2];
        MDL_UNROLLED for (int tap = 0; tap < 9; tap++) values[tap] = load(taps + tap * panel_width + k * MDL_LANES);
        MDL_UNROLLED for (int j = 0; j < 3; j++) {
            filter_line(size, values + j, 3, line);
            MDL_UNROLLED for (int i = 0; i < places; i++) columns[i * 3 + j] = line[i];
        }
        MDL_UNROLLED for (int i = 0; i < places; i++) {
            filter_line(size, columns + i * 3, 1, line);
            MDL_UNROLLED for (int j = 0; j < places; j++) store(to + (i * places + j) * place + k * MDL_LANES, line[j]);
        }
    }
}

static void MDL_NAME(winograd_filter)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    const mdl_winograd_filter *a = arguments;
    const int32_t rows = a->transposed ? a->outputs : a->inputs;
    const int32_t channels = a->transposed ? a->inputs : a->outputs;
    const int32_t chunks = (rows + mdl_winograd_chunk - 1) / mdl_winograd_chunk;
    const int32_t panels = (channels + panel_width - 1) / panel_width;
    const int32_t panel = item / chunks;
    const int32_t first = item % chunks * mdl_winograd_chunk;
    const int32_t count = smaller(mdl_winograd_chunk, rows - first);
    const int32_t channel = panel * panel_width;
    const int32_t lanes = smaller(panel_width, channels - channel);
    const ptrdiff_t place = (ptrdiff_t)panels * rows * panel_width;
    float *to = a->transformed + ((ptrdiff_t)panel * rows + first) * panel_width;
    // The chunk as [row][tap][panel width].
    float taps[mdl_winograd_chunk][9][panel_width];
    for (int32_t k = 0; k < 9; k++) {
        if (a->transposed) {
            const float *from = a->filter + ((ptrdiff_t)(8 - k) * a->inputs + channel) * a->outputs + first;
            transpose_to_panel(from, a->outputs, lanes, count, taps[0][k], 9 * panel_width);
            continue;
        }
        const float *from = a->filter + ((ptrdiff_t)k * a->inputs + first) * a->outputs + channel;
        for (int32_t row = 0; row < count; row++, from += a->outputs) {
            __builtin_memcpy(taps[row][k], from, (size_t)lanes * sizeof(float));
            for (int32_t lane = lanes; lane < panel_width; lane++) taps[row][k][lane] = 0.0f;
        }
    }
    for (int32_t row = 0; row < count; row++, to += panel_width) {
        switch (a->size) {
        case 2: transform_filter(2, taps[row][0], to, place); break;
        case 3: transform_filter(3, taps[row][0], to, place); break;
        case 4: transform_filter(4, taps[row][0], to, place); break;
        default: __builtin_unreachable();
        }
    }
}
