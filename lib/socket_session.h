/* SPDX-License-Identifier: BSD-2-Clause */
/* The session with the TCP/IP server, for socket*.c alone. */
#ifndef ANSER_LIB_SOCKET_SESSION_H
#define ANSER_LIB_SOCKET_SESSION_H

#include "socket.h"

/* A request and its answer: always in eight registers, which the kernel's fast path wants. */
union socket_exchange {
    uint64_t words[ANSER_REGISTER_BYTES / 8];
    struct socket_open open;
    struct socket_name name;
    struct socket_value value;
    struct socket_option option;
    struct socket_resolve resolve;
    struct socket_answer answer;
};

extern struct mutex socket_session_lock; /* before any socket's lock */

/* Makes the call; the answer replaces the request. -ESTALE: the server knows nothing of us (any
 * more); -ENETDOWN: there is none. The handle (0: none) moves. No signal ends it. */
int64_t socket_session_ask(union socket_exchange *exchange, anser_handle handle);

anser_handle socket_session_server(void);

/* Counts the times that the session was attached. */
uint32_t socket_session_life(void);

/* With socket_session_lock held. Attaches again; -ENETDOWN. */
int socket_session_attach(void);

/* With socket_session_lock held: a slot for a socket of this kind; sets where it lies and begins
 * its rings. -ENOMEM, -EMFILE, -ENETDOWN. */
int socket_session_take_slot(struct socket *socket, uint8_t kind);
void socket_session_free_slot(uint8_t area, uint8_t index);

/* A block for a name and its addresses, at block->slot; says where it lies. Takes the lock. */
int socket_session_take_block(struct socket *block, struct socket_resolve *resolve);
void socket_session_free_block(const struct socket *block);

/* Clears the slot's head and begins its rings anew, and fills in what OPEN and ACCEPT say of it. */
void socket_session_begin_slot(struct socket *socket, struct socket_open *open);

/* With socket_session_lock held: the number leads to the socket from now on, which is in the
 * session's list. -EPROTO: the server gave a number that cannot be. */
int socket_session_insert(struct socket *socket, int64_t number);

/* With socket_session_lock held: takes it out of the list, and out of the table; the slot becomes
 * free when the server has sent what is in it, if `draining`. */
void socket_session_remove(struct socket *socket, bool draining);

/* With socket_session_lock held: its number leads nowhere any more; the socket stays in the list.
 */
void socket_session_forget(struct socket *socket);

/* Has the server open a socket that was open before, with all that was set. In socket.c. */
int socket_reopen(struct socket *socket);

#endif
