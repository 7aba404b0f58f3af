/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions: one for each badge that has attached. A session has areas (shared pages of its client),
 * sockets by number, and a signal by which its client is told. Sessions are known to a successor of
 * this server by what is left with init (<anser/keep.h>).
 */
#ifndef ANSER_SERVERS_TCPIP_SESSION_H
#define ANSER_SERVERS_TCPIP_SESSION_H

#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include <anser/socket.h>

struct endpoint;
struct question;

/* Mapped memory of a client; stays while a socket uses it, also when its session has ended. */
struct area {
    uint8_t *memory;
    size_t size;
    unsigned references;
};

struct session {
    struct session *next; /* in its list of the table */
    uint64_t badge;
    anser_handle notify;
    uint64_t wake; /* bits that stack_work is to send */
    struct session *next_wake;
    struct question *questions; /* resolve.c */
    unsigned area_count;
    struct area *areas[SOCKET_AREAS_MAX];
    struct endpoint *sockets[SOCKET_MAX];
};

/* Tells the clients of an earlier life that it is over. */
void session_begin(void);

/* The session of a badge, or NULL. */
struct session *session_find(uint64_t badge);

/* Begins one; an earlier one of the badge ends. The handle moves, also after an error. 0, -ENOMEM.
 */
int64_t session_attach(uint64_t badge, anser_handle notify);

/* The last handle with the badge has gone: what was written is still sent, all else ends. */
void session_end(uint64_t badge);

/* Maps shared pages; the handle stays the caller's. Number of the area, -EINVAL, -EMFILE, -ENOMEM.
 */
int64_t session_add_area(struct session *session, anser_handle pages);

/* A part of an area, or NULL if it is not all in there. */
uint8_t *session_memory(struct session *session, unsigned area, uint64_t offset, uint64_t length);

void area_release(struct area *area);

/* Has the client of `socket` told, when the round is over. */
void session_wake(struct session *session, uint32_t socket);

/* The round is over. */
void session_wake_all(void);

#endif
