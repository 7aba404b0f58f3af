/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of clients: who is attached, by the badge, with the region that is shared with it. A
 * client that has gone, or attached again, stays in the table as nobody's until the device is done
 * with its region.
 */
#ifndef ANSER_VIRTIO_BLK_CLIENTS_H
#define ANSER_VIRTIO_BLK_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/block.h>
#include "dma.h"
#include "ring.h"

#define CLIENTS_MAX 64

struct client {
    uint64_t badge; /* 0: nobody's */
    bool taken;     /* a place of the table that is in use */
    anser_handle notify;

    struct dma region;
    uint64_t data_physical;
    uint32_t data_size;
    struct ring requests;
    struct ring completions;

    uint32_t in_flight;   /* with the device */
    uint32_t put;         /* completions in the ring that are not handed over yet */
    bool is_busy;         /* in the queue of those that may have requests */
    bool has_put;         /* in the list of those with `put` > 0 */
    struct client *after; /* in that queue */
    struct client *next;  /* in that list */
};

/*
 * Wakes those who were clients of the predecessor: they attach again. Before the first request.
 * `memory` is the device that regions are made for.
 */
void clients_init(anser_handle memory);

/* NULL: not attached. */
struct client *client_find(uint64_t badge);

/*
 * Attaches `badge`, which is detached first. Takes `notify` if it succeeds. Returns 0, -EINVAL,
 * -ENOMEM, -EMFILE; *answered and the handle of the region are for the client.
 */
int client_attach(uint64_t badge, const struct block_attach *wanted, anser_handle notify,
                  struct block_attached *answered, anser_handle *region);

/* The client wants nothing any more; its region goes when the device is done with it. */
void client_detach(struct client *client);

/* The device is done with one of the client's requests: whoever is nobody's by then may end. */
void client_landed(struct client *client);

#endif
