/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asks: every process that init started, by the badge of the handles "names" and "init". */
#ifndef ANSER_SERVERS_INIT_CLIENTS_H
#define ANSER_SERVERS_INIT_CLIENTS_H

#include <stdint.h>
#include <anser/abi.h>
#include "manifest.h"

#define CLIENTS_MAX 256

struct service;

struct client {
    uint64_t badge;                     /* 0: this place is free */
    const struct manifest_entry *entry; /* what it may do */
    struct service *service;            /* that it is, or NULL: a program */
    anser_handle process;               /* MANAGE; 0 until it runs */
    uint64_t id;                        /* of the process */
};

/* A new client with a badge of its own, or NULL: too many. */
struct client *client_add(const struct manifest_entry *entry, struct service *service);

/* The client with this badge, or NULL. */
struct client *client_find(uint64_t badge);

/* The program (no service) that is this process, or NULL. */
struct client *client_find_program(uint64_t id);

/* Records the process; the handle is the table's from now on. */
void client_set_process(struct client *client, anser_handle process);

/* Frees the place and closes its handle. */
void client_remove(struct client *client);

#endif
