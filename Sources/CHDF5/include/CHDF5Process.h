// The process in which libhdf5 reads files, seen from both of its ends.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What sending and receiving return.
enum chdf5_transfer {
    CHDF5_DONE = 0,
    /// The other end is closed.
    CHDF5_CLOSED = 1,
    /// Nothing came for so long.
    CHDF5_SILENT = 2,
};

/// Starts this program once more with one argument, in which standard input is a socket and nothing else is open but
/// /dev/null.
///
/// - socket: gets the other end.
/// Returns 0 or the system's number for the reason.
int32_t chdf5_start(const char *argument, int32_t *identifier, int32_t *socket);

/// Waits for the process to end, once its socket is closed, and ends it where it does not by itself. Returns what waitpid
/// gives.
int32_t chdf5_end(int32_t identifier, int32_t socket);

/// Within the process: no signal ends it but those of its own faults, and it can take so many bytes of memory, write no file
/// and leave no core.
void chdf5_confine(uint64_t memory);

/// Within the process: so many seconds of processor time are left from now on.
void chdf5_allow(uint32_t seconds);

int32_t chdf5_send(int32_t socket, const void *bytes, size_t count);

/// - milliseconds: without a byte; below 0 there is no end to waiting.
int32_t chdf5_receive(int32_t socket, void *bytes, size_t count, int32_t milliseconds);

#ifdef __cplusplus
}
#endif
