/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as files, for socket*.c alone. */
#ifndef ANSER_SERVERS_LINUX_SOCKET_FILE_H
#define ANSER_SERVERS_LINUX_SOCKET_FILE_H

#include "file.h"
#include "lib/socket.h"
#include "socket_abi.h"

struct socket_file {
    struct file file;
    struct socket socket;    /* its lock guards the rest, too */
    struct wait_queue queue; /* who waits for bytes, room, a connection */
    uint16_t family;         /* LINUX_AF_* */
    uint16_t protocol;
    bool connecting;       /* nobody was told yet how it went */
    uint32_t kept;         /* bit n: option n of socket_option.c's own is on */
    uint32_t buffers[2];   /* what SO_RCVBUF and SO_SNDBUF were set to */
    uint32_t numbers[8];   /* of options that are numbers and kept: socket_option.c */
    uint32_t numbers_set;  /* bit n: numbers[n] was */
    uint64_t receive_time; /* SO_RCVTIMEO in ticks; 0: for ever */
    uint64_t send_time;
};

/* The socket of a descriptor, with a reference that file_drop drops. NULL: -errno in *error,
 * -EBADF or -ENOTSOCK. */
struct socket_file *socket_lookup(uint64_t descriptor, int64_t *error);

/* A file for a socket that is going to be opened; NULL: no memory. flags: O_NONBLOCK. */
struct socket_file *socket_file_make(uint16_t family, uint16_t protocol, uint32_t flags);

/* One that was not opened goes again. */
void socket_file_free(struct socket_file *file);

/* May the call wait? flags: LINUX_MSG_*. */
bool socket_may_wait(const struct socket_file *file, uint32_t flags);

/* Waits for a change, socket.lock held. 0: look again; -EAGAIN: the time that a program has set
 * (`ticks`, 0: none) is over; -EINTR. */
int64_t socket_wait_change(struct task *self, struct socket_file *file, uint64_t ticks);

/* An accepted socket has what was set of its listener. */
void socket_inherit(struct socket_file *fresh, const struct socket_file *listener);

/* ---- Addresses. ------------------------------------------------------------------------------ */

/* Reads a program's address for a socket of this family. -EINVAL, -EFAULT, -EAFNOSUPPORT,
 * -ENETUNREACH: IPv4, of one for IPv6 only. */
int64_t socket_read_address(const struct socket_file *file, uint64_t from, uint64_t length,
                            struct socket_address *address);

/* Writes an address, cut to what *length_at (a 32-bit word of the program) says; tells its true
 * length there. to 0: nothing. -EFAULT, -EINVAL. */
int64_t socket_write_address(const struct socket_file *file, const struct socket_address *address,
                             uint64_t to, uint64_t length_at);

/* The same for a length that is known: what it is, what is written. */
int64_t socket_put_address(const struct socket_file *file, const struct socket_address *address,
                           uint64_t to, uint32_t room, uint32_t *length);

/* ---- Bytes. ---------------------------------------------------------------------------------- */

/* Where in a program's pieces of memory a call is. */
struct socket_pieces {
    const struct linux_iovec *pieces;
    uint64_t count; /* of those that are left */
    uint64_t skip;  /* of the first one, done already */
    uint64_t left;  /* bytes in all */
};

/* Copies up to `length` bytes to or from where it is, and goes on. Returns bytes, or -EFAULT for
 * none. */
int64_t socket_pieces_write(struct socket_pieces *to, const void *bytes, uint64_t length);
int64_t socket_pieces_read(struct socket_pieces *from, void *bytes, uint64_t length);

/* What a message is about besides its bytes. */
struct socket_message {
    uint32_t flags;             /* LINUX_MSG_* */
    uint32_t told;              /* received: MSG_TRUNC */
    struct socket_address peer; /* SOCKET_FAMILY_NONE: none */
};

/* As recvmsg and sendmsg. */
int64_t socket_receive(struct task *self, struct socket_file *file, struct socket_pieces *to,
                       struct socket_message *message);
int64_t socket_send(struct task *self, struct socket_file *file, struct socket_pieces *from,
                    struct socket_message *message);

#endif
