#define _GNU_SOURCE
#include "thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

// How often a waiting worker looks before it sleeps: some 10 to 30 microseconds, longer than the gap between two
// steps and shorter than anything that would take a core from the data workers.
enum { spins_before_sleep = 4000 };

typedef struct {
    pthread_t thread;
    struct mdl_thread_pool *pool;
    int32_t index;
    int32_t processor;
} worker_t;

struct mdl_thread_pool {
    int32_t threads;
    worker_t *workers;
    // The published step. Written by worker 0 before `generation` advances.
    mdl_step step;
    _Alignas(64) atomic_uint generation;
    _Alignas(64) atomic_int next_item;
    _Alignas(64) atomic_int busy;
    _Alignas(64) atomic_int sleepers;
    atomic_bool ending;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
};

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

int mdl_thread_bind(const int32_t *processors, int32_t count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int32_t index = 0; index < count; index++) CPU_SET(processors[index], &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static void take_items(mdl_thread_pool *pool, const mdl_step *step, int32_t worker) {
    for (;;) {
        const int item = atomic_fetch_add_explicit(&pool->next_item, 1, memory_order_relaxed);
        if (item >= step->items) return;
        step->kernel(step->arguments, item, worker);
    }
}

static void *work(void *argument) {
    worker_t *self = argument;
    mdl_thread_pool *pool = self->pool;
    if (self->processor >= 0) mdl_thread_bind(&self->processor, 1);
    unsigned seen = 0;
    for (;;) {
        unsigned now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        for (int spin = 0; now == seen && spin < spins_before_sleep; spin++) {
            relax();
            now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        }
        if (now == seen) {
            pthread_mutex_lock(&pool->mutex);
            atomic_fetch_add(&pool->sleepers, 1);
            while ((now = atomic_load(&pool->generation)) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
            atomic_fetch_sub(&pool->sleepers, 1);
            pthread_mutex_unlock(&pool->mutex);
        }
        seen = now;
        if (atomic_load(&pool->ending)) return NULL;
        take_items(pool, &pool->step, self->index);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

static void publish(mdl_thread_pool *pool) {
    atomic_fetch_add(&pool->generation, 1);
    // A worker that is about to sleep holds the mutex from its last look at the generation until it waits.
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

mdl_thread_pool *mdl_thread_pool_create(int32_t threads, const int32_t *processors) {
    mdl_thread_pool *pool = aligned_alloc(64, (sizeof *pool + 63) / 64 * 64);
    worker_t *workers = calloc((size_t)threads, sizeof *workers);
    if (pool == NULL || workers == NULL) {
        free(pool);
        free(workers);
        return NULL;
    }
    pool->threads = 1;
    pool->workers = workers;
    atomic_init(&pool->generation, 0);
    atomic_init(&pool->next_item, 0);
    atomic_init(&pool->busy, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->ending, false);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int32_t index = 1; index < threads; index++) {
        workers[index] = (worker_t){
            .pool = pool, .index = index, .processor = processors != NULL ? processors[index] : -1};
        if (pthread_create(&workers[index].thread, NULL, work, &workers[index]) != 0) {
            mdl_thread_pool_destroy(pool);
            return NULL;
        }
        pool->threads = index + 1;
    }
    return pool;
}

void mdl_thread_pool_destroy(mdl_thread_pool *pool) {
    if (pool == NULL) return;
    atomic_store(&pool->ending, true);
    publish(pool);
    for (int32_t index = 1; index < pool->threads; index++) pthread_join(pool->workers[index].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void run_one(mdl_thread_pool *pool, const mdl_step *step) {
    if (pool->threads == 1 || step->items == 1) {
        for (int32_t item = 0; item < step->items; item++) step->kernel(step->arguments, item, 0);
        return;
    }
    pool->step = *step;
    atomic_store_explicit(&pool->next_item, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->busy, pool->threads - 1, memory_order_relaxed);
    publish(pool);
    take_items(pool, step, 0);
    int spin = 0;
    while (atomic_load_explicit(&pool->busy, memory_order_acquire) > 0) {
        // A worker may have lost its core to another process: give ours away rather than burn it.
        if (++spin < spins_before_sleep) relax();
        else sched_yield();
    }
}

void mdl_thread_pool_run(mdl_thread_pool *pool, const mdl_step *steps, int32_t count, int64_t *nanoseconds) {
    for (int32_t index = 0; index < count; index++) {
        const int64_t start = nanoseconds != NULL ? now() : 0;
        run_one(pool, &steps[index]);
        if (nanoseconds != NULL) nanoseconds[index] = now() - start;
    }
}
