#include "fuzzing.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
void __asan_set_death_callback(void (*callback)(void));
#endif
#endif

static const char *reader = "";
static volatile int64_t current = -1;
static volatile int64_t watched = -1;
static volatile int32_t ticks;
static int32_t limit;

static void put(const char *text) {
    // Nothing is left to do where standard error is closed.
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

// Only what may be done inside of a signal.
static void tell(const char *what) {
    char digits[24] = {0};
    int64_t rest = current;
    int place = sizeof digits - 1;
    do {
        place -= 1;
        digits[place] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0 && place > 0);
    put(what);
    put(" in ");
    put(reader);
    put(" at number ");
    put(digits + place);
    put("\n");
}

static void tick(int number) {
    (void)number;
    if (watched != current) {
        watched = current;
        ticks = 0;
        return;
    }
    ticks += 1;
    if (ticks < limit) return;
    tell("no end");
    _exit(4);
}

#ifdef SANITIZED
static void tell_report(void) { tell("a sanitizer's report"); }
#else
static void tell_signal(int number) {
    tell("a crash");
    signal(number, SIG_DFL);
    raise(number);
}
#endif

void mdl_fuzz_watch(const char *name, int32_t seconds) {
    reader = name;
    limit = seconds;
    struct sigaction action = {0};
    action.sa_handler = tick;
    action.sa_flags = SA_RESTART;
    sigaction(SIGVTALRM, &action, NULL);
    // Processor time: a machine that is busy elsewhere is no hang.
    struct itimerval every = {{1, 0}, {1, 0}};
    setitimer(ITIMER_VIRTUAL, &every, NULL);
#ifdef SANITIZED
    __asan_set_death_callback(tell_report);
#else
    // A stack of its own: the program's may have overflowed.
    static char memory[1 << 16];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    sigaltstack(&stack, NULL);
    action.sa_handler = tell_signal;
    action.sa_flags = SA_ONSTACK;
    const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i += 1) sigaction(fatal[i], &action, NULL);
#endif
}

void mdl_fuzz_begin(int64_t number) { current = number; }

int32_t mdl_fuzz_limit_memory(int64_t bytes) {
#ifdef SANITIZED
    (void)bytes;
    return 0;
#else
    const struct rlimit memory = {(rlim_t)bytes, (rlim_t)bytes};
    return setrlimit(RLIMIT_AS, &memory) == 0;
#endif
}
