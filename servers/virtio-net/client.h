/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that are attached: their region, rings and buffers. Nothing that a client writes there is
 * believed: entries are copied, then judged, and who breaks the rules is attached no more.
 */
#ifndef ANSER_SERVERS_VIRTIO_NET_CLIENT_H
#define ANSER_SERVERS_VIRTIO_NET_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/netif.h>
#include "buffers.h"
#include "dma.h"
#include "ring.h"

/* Where a received frame begins in its buffer: the IP header behind it is aligned, and there is
 * room for the device's header before it. */
#define RECEIVE_OFFSET 18

struct client {
    uint64_t badge; /* 0: this place is free */
    uint32_t mode;  /* NETIF_MODE_* */
    uint32_t ethertype;
    uint32_t wants;
    uint32_t flags; /* what holds for it: NETIF_CHECKSUM, ... */
    bool leaving;   /* is gone, but the device still reads from its region */
    bool broken;    /* broke the rules; ends with the round */
    bool due;       /* is to be told, at the end of the round */
    bool news;      /* is to be told of news */
    struct dma region;
    anser_handle notify;
    bool notify_channel;

    struct ring received;
    struct ring lend;
    uint32_t received_unsaid; /* entries put in, but not published yet */
    struct buffers buffers;

    struct ring send;
    struct ring sent;
    uint32_t sent_unsaid;
    uint8_t *send_memory;
    uint64_t send_physical;
    uint32_t send_size; /* bytes of a buffer */
    uint32_t send_count;
    uint32_t in_flight;                 /* of them, those in the device's queue */
    uint8_t flying[NETIF_BUFFERS_MAX];  /* this one is */
    uint16_t header[NETIF_BUFFERS_MAX]; /* its header, see send.c */

    struct netif_statistics counters;
};

extern struct client clients[NETIF_CLIENTS_MAX]; /* places */
extern struct client *client_list[NETIF_CLIENTS_MAX + 1];
extern unsigned client_count;         /* of those that are attached or leaving, in client_list */
extern struct client *client_default; /* or NULL */
extern struct netif_statistics interface_counters; /* with those of clients that have ended */

/* The newest first; any of them may end meanwhile. */
#define client_each(each)                                                                          \
    for (struct client **at_ = client_list + client_count, *each;                                  \
         at_-- > client_list && (each = *at_, true);)                                              \
        if (each)

/* The client that asks with this badge, attached and not leaving; NULL: none. */
struct client *client_find(uint64_t badge);

/*
 * Makes a client with its region; receive_size is that of its receive buffers. The notify handle is
 * its own if it succeeds. Returns 0, -EINVAL (sizes), -EBUSY, -ENOMEM, -EMFILE.
 */
int client_attach(uint64_t badge, const struct netif_attach *wanted, uint32_t receive_size,
                  anser_handle notify, struct client **made);

/* What the client is told of it. */
void client_describe(const struct client *client, struct netif_attached *attached);

/* Ends a client of which the device has no buffer any more. */
void client_end(struct client *client);

/* Takes what the client lent into its stock. False: it broke the rules. */
bool client_collect(struct client *client);

/* Puts a received frame into the client's ring; client_say publishes. False: it broke the rules. */
bool client_deliver(struct client *client, const struct netif_frame *frame);

/* Gives a buffer for sending back. */
void client_give_back(struct client *client, uint16_t buffer);

/* Publishes what was delivered and given back, and tells the client if it sleeps, is due, or has
 * news. */
void client_say(struct client *client);

/* Tells somebody by this handle that there are news. False: not now, its channel is full. */
bool client_tell_news(anser_handle notify, bool channel);

/* Whether the handle is a channel's; else it is a signal's. */
bool client_is_channel(anser_handle notify);

#endif
