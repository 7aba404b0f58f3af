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
    uint64_t key;   /* of its records with init; 0: the place is free */
    bool is_stale;  /* of a predecessor: has a region, and has to attach again */
    anser_handle notify;

    struct dma region;
    uint64_t data_physical;
    uint32_t data_size;
    uint32_t entries;
    struct ring requests;
    struct ring completions;

    uint32_t in_flight;   /* with the device */
    uint32_t put;         /* completions in the ring that are not handed over yet */
    bool is_busy;         /* in the queue of those that may have requests */
    bool has_put;         /* in the list of those with `put` > 0 */
    struct client *after; /* in that queue */
    struct client *next;  /* in that list */
};

/* `memory` is the device that regions are made for. Before everything else. */
void clients_init(anser_handle memory);

/*
 * Wakes those who were clients of the predecessor (inherit.c). Their regions are taken over: the
 * device was reset since, and what is in them stays. Before the first request.
 */
void clients_inherit(void);

/* The place of a client of the predecessor, in use if `badge` is not 0 there; NULL: none is free.
 * Its region was mapped by the caller, and is the table's from then on. */
struct client *client_add_stale(uint64_t badge, const struct dma *region, uint32_t entries,
                                uint32_t data_size);

/* Keys of the records: the badge has the signal, and as words entries, data_size and whether the
 * client has gone; with this bit it has the region. */
#define CLIENT_KEY_REGION (1ul << 63)

/* NULL: not attached. */
struct client *client_find(uint64_t badge);

/* The last handle with this badge has gone. */
void client_end(uint64_t badge);

/*
 * Attaches `badge`, which is detached first; a client of the predecessor gets the region that it
 * had, if it asks for one of the same size. Takes `notify` if it succeeds. Returns 0, -EINVAL,
 * -ENOMEM, -EMFILE; *answered and the handle of the region are for the client.
 */
int client_attach(uint64_t badge, const struct block_attach *wanted, anser_handle notify,
                  struct block_attached *answered, anser_handle *region);

/* The client wants nothing any more; its region goes when the device is done with it. */
void client_detach(struct client *client);

/* The device is done with one of the client's requests: whoever is nobody's by then may end. */
void client_landed(struct client *client);

#endif
