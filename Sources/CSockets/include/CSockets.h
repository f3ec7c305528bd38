// TCP connections between the ranks of a job for short messages, none of which makes the caller wait.
//
// Functions return a descriptor, a count or 0; below 0 it is an errno with its sign turned. A write to a connection that
// the other side closed is an error and no signal.
#pragma once

#include <stdint.h>

// Listens on a free port of all interfaces, which is stored in `port`.
int mdl_socket_listen(int capacity, int *port);
// Writes the numeric addresses of this machine into text[capacity], separated by spaces, the loopback's first.
int mdl_socket_addresses(char *text, int capacity);
// Connects to a numeric address, for at most so many milliseconds.
int mdl_socket_connect(const char *address, int port, int milliseconds);
// The next connection that came in; -EAGAIN where there is none.
int mdl_socket_accept(int listener);
// All bytes or none: -EAGAIN where the other side has long taken nothing.
int mdl_socket_send(int descriptor, const void *bytes, int count);
// How many bytes came; 0 where none did for now; -ECONNRESET where none ever will.
int mdl_socket_receive(int descriptor, void *bytes, int capacity);
// Lets this process hold so many files open, as far as it may.
void mdl_socket_allow(int count);
