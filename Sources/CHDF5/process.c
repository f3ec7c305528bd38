#define _GNU_SOURCE
#include "CHDF5Process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int32_t chdf5_start(const char *argument, int32_t *identifier, int32_t *socket) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    // What a launcher of ranks has given this process is not for its child.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    char *words[] = {(char *)"modulor", (char *)argument, NULL};
    pid_t started = 0;
    // Not a fork: other threads may hold any lock.
    int code = posix_spawn(&started, "/proc/self/exe", &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (code != 0) {
        close(ends[0]);
        return code;
    }
    *identifier = started;
    *socket = ends[0];
    return 0;
}

int32_t chdf5_end(int32_t identifier, int32_t socket) {
    close(socket);
    int status = 0;
    for (int attempt = 0; attempt < 100; attempt++) {
        pid_t ended = waitpid(identifier, &status, WNOHANG);
        if (ended == identifier || (ended < 0 && errno != EINTR)) return status;
        poll(NULL, 0, 10);
    }
    kill(identifier, SIGKILL);
    while (waitpid(identifier, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void limit(int resource, rlim_t value) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return;
    limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
    setrlimit(resource, &limit);
}

void chdf5_confine(uint64_t memory) {
    const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t index = 0; index < sizeof passed / sizeof *passed; index++) signal(passed[index], SIG_IGN);
    limit(RLIMIT_AS, memory);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
}

void chdf5_allow(uint32_t seconds) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    limit(RLIMIT_CPU, (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1 + seconds);
}

int32_t chdf5_send(int32_t socket, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t sent = send(socket, next, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return CHDF5_CLOSED;
        next += sent;
        count -= (size_t)sent;
    }
    return CHDF5_DONE;
}

int32_t chdf5_receive(int32_t socket, void *bytes, size_t count, int32_t milliseconds) {
    char *next = bytes;
    while (count > 0) {
        struct pollfd event = {.fd = socket, .events = POLLIN};
        int ready = poll(&event, 1, milliseconds);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) return CHDF5_SILENT;
        ssize_t received = ready < 0 ? -1 : recv(socket, next, count, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) return CHDF5_CLOSED;
        next += received;
        count -= (size_t)received;
    }
    return CHDF5_DONE;
}
