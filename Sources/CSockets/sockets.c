#define _GNU_SOURCE
#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int closed(int descriptor) {
    const int code = errno;
    close(descriptor);
    return -code;
}

int mdl_socket_listen(int capacity, int *port) {
    // One socket for both families; kernels without IPv6 get one of the older.
    const int kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int descriptor = socket(AF_INET6, kind, 0);
    const int has_ipv6 = descriptor >= 0;
    if (!has_ipv6) descriptor = socket(AF_INET, kind, 0);
    if (descriptor < 0) return -errno;
    const int no = 0;
    if (has_ipv6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    struct sockaddr_storage place = {.ss_family = has_ipv6 ? AF_INET6 : AF_INET};
    socklen_t length = has_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (bind(descriptor, (struct sockaddr *)&place, length) != 0) return closed(descriptor);
    if (listen(descriptor, capacity) != 0) return closed(descriptor);
    if (getsockname(descriptor, (struct sockaddr *)&place, &length) != 0) return closed(descriptor);
    *port = ntohs(has_ipv6 ? ((struct sockaddr_in6 *)&place)->sin6_port : ((struct sockaddr_in *)&place)->sin_port);
    return descriptor;
}

int mdl_socket_addresses(char *text, int capacity) {
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0) return -errno;
    int length = 0;
    text[0] = 0;
    for (int loopback = 1; loopback >= 0; loopback--) {
        for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
            if (one->ifa_addr == NULL || !(one->ifa_flags & IFF_UP)) continue;
            if (((one->ifa_flags & IFF_LOOPBACK) != 0) != loopback) continue;
            char name[INET6_ADDRSTRLEN];
            if (one->ifa_addr->sa_family == AF_INET) {
                inet_ntop(AF_INET, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, name, sizeof name);
            } else if (one->ifa_addr->sa_family == AF_INET6) {
                const struct in6_addr *address = &((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr;
                // Those of a link alone mean nothing without the interface's name on the other side.
                if (IN6_IS_ADDR_LINKLOCAL(address)) continue;
                inet_ntop(AF_INET6, address, name, sizeof name);
            } else {
                continue;
            }
            if (length + (int)strlen(name) + 2 > capacity) break;
            length += snprintf(text + length, (size_t)(capacity - length), "%s%s", length > 0 ? " " : "", name);
        }
    }
    freeifaddrs(all);
    return 0;
}

int mdl_socket_connect(const char *address, int port, int milliseconds) {
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    const struct addrinfo wish = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *place;
    if (getaddrinfo(address, service, &wish, &place) != 0) return -EINVAL;
    const int descriptor = socket(place->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int code = descriptor < 0 ? errno : 0;
    if (code == 0 && connect(descriptor, place->ai_addr, place->ai_addrlen) != 0) code = errno;
    freeaddrinfo(place);
    if (descriptor < 0) return -code;
    if (code == EINPROGRESS) {
        struct pollfd look = {.fd = descriptor, .events = POLLOUT};
        socklen_t length = sizeof code;
        if (poll(&look, 1, milliseconds) != 1) {
            code = ETIMEDOUT;
        } else if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) != 0) {
            code = errno;
        }
    }
    if (code != 0) {
        close(descriptor);
        return -code;
    }
    const int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

int mdl_socket_accept(int listener) {
    const int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    const int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

int mdl_socket_send(int descriptor, const void *bytes, int count) {
    // Messages are far smaller than what the system keeps, so a part of one is as bad as none.
    const ssize_t sent = send(descriptor, bytes, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == count ? 0 : sent < 0 ? -errno : -EPIPE;
}

int mdl_socket_receive(int descriptor, void *bytes, int capacity) {
    const ssize_t received = recv(descriptor, bytes, (size_t)capacity, MSG_DONTWAIT);
    if (received > 0) return (int)received;
    if (received == 0) return -ECONNRESET;
    return errno == EAGAIN || errno == EINTR ? 0 : -ECONNRESET;
}

void mdl_socket_allow(int count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= (rlim_t)count) return;
    limit.rlim_cur = limit.rlim_max < (rlim_t)count ? limit.rlim_max : (rlim_t)count;
    setrlimit(RLIMIT_NOFILE, &limit);
}
