#include "chain.h"

void mdl_chain_kernel(const void *chain, int32_t item, int32_t worker) {
    const mdl_chain *a = chain;
    a->step.kernel(a->step.arguments, item, worker);
    const mdl_items waiting = a->waiting[item];
    for (int32_t next = waiting.first; next < waiting.end; next++) {
        // Whoever comes last sees what all others have written.
        if (__atomic_sub_fetch(&a->missing[next], 1, __ATOMIC_ACQ_REL) > 0) continue;
        __atomic_store_n(&a->missing[next], a->needed[next], __ATOMIC_RELAXED);
        a->next.kernel(a->next.arguments, next, worker);
    }
}
