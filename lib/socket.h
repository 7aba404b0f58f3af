/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client side of <anser/socket.h>: the sockets of one process, in one session with the TCP/IP
 * server. Three parts: what is done rarely (calls to the server), the bytes (rings, no call unless
 * the server sleeps), and for plain programs calls that wait. The Linux personality uses the first
 * two. Nothing here allocates from a heap; rings lie in shared pages, which the process pays for
 * and which are used again.
 *
 * A struct socket is the caller's, zeroed, and stays where it is from socket_open or socket_accept
 * until socket_close has returned. Errors are -errno; -ENETDOWN: the server does not answer.
 *
 * When the server was restarted, listeners and datagram sockets are opened, bound and listen again
 * by themselves, with the options that were set; connections end with -ECONNRESET.
 */
#ifndef ANSER_LIB_SOCKET_H
#define ANSER_LIB_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/socket.h>
#include "ring.h"
#include "thread.h"

/* What a socket has become; a successor of the server has to be told. */
enum socket_role { SOCKET_FRESH, SOCKET_LISTENER, SOCKET_CONNECTION };

#define SOCKET_OPTIONS 16 /* numbers below it are kept for a restart */

struct socket {
    struct mutex lock; /* the rings, and all below; never held during a call to the server */
    uint8_t family;
    uint8_t kind;
    uint8_t role;        /* enum socket_role */
    uint8_t area;        /* where its slot lies */
    uint8_t index;       /* likewise */
    bool open;           /* the server knows it as `number` */
    bool lost;           /* with the server that died, or its rings are broken */
    bool error_told;     /* FAILED was told to the program */
    bool ended;          /* this side does not send any more */
    bool deaf;           /* nor does it receive */
    bool bound;          /* to `own` */
    uint32_t number;     /* of the server's */
    uint32_t lost_error; /* errno that says how */
    uint32_t backlog;
    uint32_t sequence; /* counts changes, for who waits */
    struct socket_slot *slot;
    struct ring receive;
    struct ring send;
    struct socket_address own;
    struct socket_address peer; /* of a datagram socket that is connected */
    uint32_t options;           /* bit n: option n was set */
    uint64_t values[SOCKET_OPTIONS];
    struct socket *next; /* of the session */
    struct socket **link;
};

struct socket_session_options {
    anser_handle server;
    uint64_t areas; /* where areas are mapped, SOCKET_AREA_MAX apart; 0: anywhere */
    /* Something about the socket may have changed: state, bytes, room. The session's lock is held:
     * it calls nothing of socket.h. */
    void (*changed)(struct socket *socket);
};

/* ---- The session. ---------------------------------------------------------------------------- */

/* Begins the session; further calls do nothing. Returns 0, -ENETDOWN, -ENOMEM, -EMFILE. */
int socket_session_begin(const struct socket_session_options *options);

/* The signal that is sent when something changed: its receive end and, to wake who waits there, its
 * send end. The session's. */
anser_handle socket_session_signal(void);
anser_handle socket_session_waker(void);

/* What the signal said: tells the sockets concerned; attaches again if the server was restarted.
 * Returns whether that is still to be tried again, some 100 ms later. */
bool socket_session_signalled(uint64_t word);

/* ---- Calls. ---------------------------------------------------------------------------------- */

/* family: SOCKET_FAMILY_4, _6; kind: SOCKET_STREAM, ... Also -EMFILE, -ENOMEM, -EAFNOSUPPORT. */
int socket_open(struct socket *socket, uint8_t family, uint8_t kind);
int socket_bind(struct socket *socket, const struct socket_address *address);

/* 0: done, -EINPROGRESS: socket_state tells when. Of a datagram socket: sets the peer. */
int socket_connect(struct socket *socket, const struct socket_address *address);
int socket_listen(struct socket *socket, uint32_t backlog);

/* Takes a waiting connection into `fresh`; -EAGAIN: none, and a change will be told. */
int socket_accept(struct socket *socket, struct socket *fresh, struct socket_address *peer);

/* how: 0 receiving, 1 sending, 2 both. Of a datagram socket, which has to have a peer, only this
 * side is concerned. -ENOTCONN. */
int socket_shutdown(struct socket *socket, unsigned how);

/* A connection, or what failed to become one, or a listener is as fresh as behind socket_open: what
 * there was is reset; options, and the address that it was bound to, stay. */
int socket_renew(struct socket *socket);

/* What was put in is still sent, unless the option LINGER says 1. */
void socket_close(struct socket *socket);

/* The own address, or the peer's. -ENOTCONN. */
int socket_name(struct socket *socket, bool of_peer, struct socket_address *address);

/* address: for JOIN and LEAVE, else NULL. */
int socket_set(struct socket *socket, uint32_t option, uint64_t value,
               const struct socket_address *address);
int socket_get(struct socket *socket, uint32_t option, uint64_t *value);

/* Tells the server, after socket_took or socket_put said so. */
void socket_kick(struct socket *socket);

/* ---- Bytes: socket->lock is the caller's to hold. -------------------------------------------- */

/*
 * Bytes of a stream that can be taken from socket->receive (ring_span), > 0. 0: the peer has ended.
 * -EAGAIN: none, a change will be told. -ENOTCONN, or what the connection failed with, once.
 */
int64_t socket_readable(struct socket *socket);

/* Room for bytes of a stream in socket->send, > 0; -EAGAIN; -EPIPE; as above. */
int64_t socket_writable(struct socket *socket);

/* So many bytes were taken out, or put in. True: call socket_kick, without the lock. */
bool socket_took(struct socket *socket, uint32_t count);
bool socket_put(struct socket *socket, uint32_t count);

/*
 * The next datagram's head; its bytes begin at sizeof(*head) in socket->receive. 0, -EAGAIN, or
 * -errno, such as -ECONNREFUSED for one sent before that nobody took. socket_took takes
 * socket_datagram_bytes(head->length) of them when it is done.
 */
int64_t socket_datagram_next(struct socket *socket, struct socket_datagram *head);

/* Room for a datagram of `length` bytes: 0; -EAGAIN; -EMSGSIZE: it never fits; -errno of one that
 * was sent before. Then the head and the bytes are put in, and socket_put gets
 * socket_datagram_bytes(length). */
int64_t socket_datagram_room(struct socket *socket, uint32_t length);

/* What a datagram takes in a ring. */
static inline uint32_t socket_datagram_bytes(uint32_t length)
{
    return (uint32_t)sizeof(struct socket_datagram) + ((length + 7) & ~7u);
}

#define SOCKET_READY_IN     1u  /* something to take: bytes, a connection, an end, an error */
#define SOCKET_READY_OUT    2u  /* room, or an error */
#define SOCKET_READY_ENDED  4u  /* the peer sends no more */
#define SOCKET_READY_OVER   8u  /* in both directions */
#define SOCKET_READY_FAILED 16u /* and nobody was told yet */

/* What holds now; a change of what does not hold will be told. */
uint32_t socket_ready(struct socket *socket);

/* SOCKET_CONNECTING and so on, as the server says, or SOCKET_FAILED and all ends if it is lost. */
uint32_t socket_state(const struct socket *socket);

/* The errno that it failed with, or that an ICMP error says of what was sent; 0: none. Told only
 * once. */
uint32_t socket_take_error(struct socket *socket);

/* The errno that was told is told once more: to who has no use for it now. */
void socket_keep_error(struct socket *socket);

/* Somebody is told of changes who may have read all there was: the next bytes are news even if
 * nobody looks before. False: they are there already. */
bool socket_await_more(struct socket *socket);

/* ---- Calls that wait, for plain programs; any thread, deadlines as in channel.h. --------------
 */

/* The session through the start handle SOCKET_SERVICE. -ENODEV: no such handle. */
int socket_begin(void);

/* Waits until something changed, or the deadline: 0 or -ETIMEDOUT. */
int socket_wait(struct socket *socket, uint32_t sequence, uint64_t deadline);

int socket_connect_wait(struct socket *socket, const struct socket_address *address,
                        uint64_t deadline);
int socket_accept_wait(struct socket *socket, struct socket *fresh, struct socket_address *peer,
                       uint64_t deadline);

/* Up to `length` bytes, at least one; 0: the end. */
int64_t socket_read(struct socket *socket, void *to, uint32_t length, uint64_t deadline);

/* All of them. Returns length, or -errno. */
int64_t socket_write(struct socket *socket, const void *from, uint32_t length, uint64_t deadline);

/* One datagram, cut to `length`. Returns its bytes. peer: from whom, may be NULL. */
int64_t socket_receive_from(struct socket *socket, void *to, uint32_t length,
                            struct socket_address *peer, uint64_t deadline);

/* peer NULL: the connected one. Returns length or -errno. */
int64_t socket_send_to(struct socket *socket, const void *from, uint32_t length,
                       const struct socket_address *peer, uint64_t deadline);

/* The addresses of a name, at most `most`; family 0: any. Returns how many, -ENOENT, -ETIMEDOUT. */
int64_t socket_resolve(const char *name, uint8_t family, struct socket_address *addresses,
                       unsigned most);

#endif
