/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns the grants of a manifest entry into the handles and words that a process starts with. */
#ifndef ANSER_SERVERS_INIT_GRANTS_H
#define ANSER_SERVERS_INIT_GRANTS_H

#include <anser/abi.h>
#include "lib/spawn.h"
#include "clients.h"
#include "services.h"

#define GRANTED_HANDLES_MAX 64
#define GRANTED_WORDS_MAX   32

struct granted {
    unsigned handle_count;
    struct spawn_handle handles[GRANTED_HANDLES_MAX];
    char names[GRANTED_HANDLES_MAX][ANSER_NAME_MAX];
    unsigned word_count; /* of the environment */
    char words[GRANTED_WORDS_MAX][96];
    const char *environment[GRANTED_WORDS_MAX + 1];
    char error[128]; /* why grants_make failed */
};

/*
 * Makes everything that `client` gets by its entry: the handles "names" and "init" with its badge,
 * and the grants. The handles in *granted are the caller's. Returns false, with the reason in
 * granted->error and nothing left open, if one cannot be had.
 */
bool grants_make(struct client *client, struct granted *granted);

/* Adds one more handle, which is given away; false, and closed, if it is an error or one too many.
 */
bool grants_add(struct granted *granted, const char *name, anser_handle handle);

/* Adds stdin, stdout and stderr, all of them duplicates of `session`, which stays the caller's. */
bool grants_add_stdio(struct granted *granted, anser_handle session);

/* Closes all handles. */
void grants_close(struct granted *granted);

#endif
