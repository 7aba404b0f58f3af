/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of the console, by badge. A session's record is also kept by init (<anser/keep.h>), so
 * that modes, Ctrl-C and the foreground are as they were when this server has been started again.
 */
#ifndef ANSER_SERVERS_UART_SESSIONS_H
#define ANSER_SERVERS_UART_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include <anser/console.h>

#define SESSIONS_MAX 64

struct session {
    uint64_t number;        /* its badge; 0: free */
    uint64_t opener;        /* the session that opened it; 0: init made it */
    uint64_t mode;          /* CONSOLE_MODE_* */
    anser_handle interrupt; /* told of Ctrl-C, or 0 */

    anser_handle reader; /* answered when there is input; 0: nobody reads */
    size_t reader_most;  /* bytes */
};

/* Takes over the records of a predecessor. */
void sessions_init(void);

/* The session with this number, or NULL. */
struct session *session_find(uint64_t number);

/* The session that sends with this badge. One that init handed out (its number is not ours) begins
 * with its first request. NULL: there is no such session, or no room. */
struct session *session_admit(uint64_t badge);

/* A new session, opened by `opener`; `interrupt` becomes its own if it succeeds. NULL: too many. */
struct session *session_add(uint64_t opener, anser_handle interrupt);

/* Ends a session: a reader is answered with -EPIPE, the input goes back to its opener. */
void session_end(struct session *session);

void session_set_mode(struct session *session, uint64_t mode);

/* The session that input goes to, or NULL. */
struct session *session_foreground(void);
void session_set_foreground(struct session *session);

/* Whether `session` opened `other`, at first or second hand, or is it. */
bool session_owns(const struct session *session, const struct session *other);

#endif
