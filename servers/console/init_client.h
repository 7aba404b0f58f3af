/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to init, see <anser/init.h>. Errors are -errno. */
#ifndef ANSER_SERVERS_CONSOLE_INIT_CLIENT_H
#define ANSER_SERVERS_CONSOLE_INIT_CLIENT_H

#include <stdbool.h>
#include <anser/init.h>

struct started {
    anser_handle process;
    anser_handle signals; /* what the program heeds as signals; 0 if it knows none */
    bool foreign;         /* a personality serves it */
    uint64_t id;
    char text[INIT_TEXT_MAX]; /* of an error; may be empty */
};

/*
 * Starts the program words[0] of the archive with these arguments. The session (a handle with the
 * right DUP) becomes its stdio, `exit` gets its end; both are given away, also on an error. Returns
 * 0 and what was started, whose handles are the caller's, or -errno and a line of text in *program.
 */
int64_t init_start(unsigned count, char **words, anser_handle session, anser_handle exit,
                   struct started *program);

/* The first program or service from index on: 1, 0 (no more) or -errno. */
int64_t init_next_program(uint64_t index, struct init_program *program);
int64_t init_next_service(uint64_t index, struct init_service *service);
int64_t init_next_device(uint64_t index, struct init_device *device);

/* Restarts a service. */
int64_t init_restart(const char *service);

#endif
