// Binary cross-entropy, and with it all losses; see loss_arguments.h. Pixels are taken 16 at a time.
#include "../items.h"
#include "cross_entropy.h"
#include "elementary.h"
#include "error_loss.h"
#include "loss_arguments.h"
#include "overlap.h"
#include "vector.h"

#include <math.h>

// With e = exp(-|o|): softplus(o) = max(o, 0) + log(1 + e), and the sigmoid is 1 / (1 + e) or e / (1 + e).
MDL_INLINE void binary_loss(mdl_binary_cross_entropy b, int32_t item, int is_focal) {
    mdl_loss a = b.loss;
    mdl_item_rows part = mdl_rows_of_item(item, a.rows, a.extent.height);
    int32_t channels = a.extent.channels;
    double positive = b.weights[0];
    double negative = b.weights[1];
    const double *overlap = b.overlap ? b.overlap + (ptrdiff_t)part.sample * 2 * channels : NULL;
    double total = 0;
    for (int32_t row = part.first; row < part.end; row++) {
        for (int32_t column = 0; column < a.extent.width; column += lanes) {
            int32_t count = a.extent.width - column < lanes ? a.extent.width - column : lanes;
            ptrdiff_t pixel = ((ptrdiff_t)part.sample * a.extent.height + row) * a.extent.width + column;
            for (int32_t channel = 0; channel < channels; channel++) {
                const float *output = mdl_row(a.output, part.sample, row) + column * a.output.pixel + channel;
                floats o = load_strided(output, a.output.pixel, count);
                floats label = load_strided(a.labels + pixel * channels + channel, channels, count);
                ints known = label != 255;
                longs wide_known = widened_choice(known);
                o = known ? o : 0;
                doubles t = widened(known ? label : 0);
                doubles e = widened(exponential(o < 0 ? o : -o));
                doubles tail = logarithm_of_one_plus(e);
                doubles against = widened(o < 0 ? -o : 0) + tail;  // softplus(-o)
                doubles toward = widened(rectified(o)) + tail;     // softplus(o)
                doubles damped = 1;
                doubles raised = 1;
                if (is_focal) {
                    damped = wide_exponential(-b.gamma * toward);   // (1 - p)^gamma
                    raised = wide_exponential(-b.gamma * against);  // p^gamma
                }
                doubles losses = positive * t * (damped * against) + negative * (1 - t) * (raised * toward);
                if (!b.unknown_counts) { losses = wide_known ? losses : 0; }
                total = added_in_order(total, losses, count);
                if (!a.gradient.data) { continue; }
                doubles large = 1 / (1 + e);
                doubles small = e / (1 + e);
                longs below = widened_choice(o < 0);
                doubles p = below ? small : large;
                doubles q = below ? large : small;
                doubles up = p;
                doubles down = q;
                if (is_focal) {
                    up = raised * (b.gamma * q * toward + p);
                    down = damped * (b.gamma * p * against + q);
                }
                doubles slope = negative * (1 - t) * up - positive * t * down;
                slope = slope * (double)a.scale[0];
                if (overlap) { slope += p * q * (overlap[channels + channel] + overlap[channel] * t); }
                store_strided(mdl_row(a.gradient, part.sample, row) + column * a.gradient.pixel + channel,
                              a.gradient.pixel, count, narrowed(wide_known ? slope : 0));
            }
        }
    }
    a.partial[item] = total;
}

static void MDL_NAME(mdl_loss_binary_cross_entropy)(const void *arguments, int32_t item, int32_t worker) {
    (void)worker;
    mdl_binary_cross_entropy b = *(const mdl_binary_cross_entropy *)arguments;
    if (b.gamma > 0) {
        binary_loss(b, item, 1);
    } else {
        binary_loss(b, item, 0);
    }
}
