/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client side of <anser/netif.h>: Ethernet frames in bursts, nothing copied. One thread at a time.
 * The server's data is checked as far as this process could be hurt by it: buffers and lengths lie
 * in the region.
 *
 * A round of a client, when its notify handle has told it something:
 *
 *     if (NETIF_NEWS came, or the signal's NETIF_SIGNAL_NEWS)
 *         if (netif_news(&netif) > 0) ...;        (all that was under way is lost)
 *     do {
 *         while (netif_receive(&netif, &frame) == 1)
 *             ... netif_lend(&netif, netif.region, frame.buffer) now or later;
 *         ... netif_buffer(&netif, &buffer), fill it, netif_send(&netif, &frame);
 *         netif_flush(&netif);
 *     } while (!netif_sleep(&netif, false));      (and only then waits)
 */
#ifndef ANSER_LIB_NETIF_H
#define ANSER_LIB_NETIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/netif.h>
#include "ring.h"

/* Memory shared with one life of the server. It stays mapped until its last frame was lent back,
 * also when the server has a successor by then. */
struct netif_region {
    uint8_t *memory;
    size_t size;       /* bytes */
    uint32_t borrowed; /* buffers with received frames that were not lent back */
    bool left;         /* not the one in use any more */
};

struct netif {
    struct netif_info info;         /* as of the last netif_refresh, attachment or news */
    struct netif_attached attached; /* sizes and NETIF_* flags that hold */
    struct netif_region *region;    /* NULL: not attached */

    /* Of the library. */
    anser_handle server;
    anser_handle notify;
    struct netif_attach wanted;
    struct ring received;
    struct ring lend;
    struct ring send;
    struct ring sent;
    uint32_t taken_unsaid; /* out of `received`, but not published yet */
    uint32_t lent_unsaid;  /* into `lend`, likewise */
    uint32_t sent_unsaid;  /* into `send` */
    uint32_t free_count;
    uint16_t free_buffers[NETIF_BUFFERS_MAX]; /* for sending */
};

/*
 * Attaches. wanted: all but `type` is the caller's choice. server: a send handle of the service;
 * notify: a signal's or channel's send handle with the right to duplicate it. Both stay the
 * caller's, and open until netif_close. Returns 0 or -errno (<anser/netif.h>; -EPROTO: the answer
 * makes no sense).
 */
int netif_open(struct netif *netif, anser_handle server, anser_handle notify,
               const struct netif_attach *wanted);

/* Detaches. Frames that are still borrowed stay valid until they are lent back. */
void netif_close(struct netif *netif);

/*
 * To be called when there are news, or when netif_flush failed. 0: go on. 1: the server has a
 * successor, and this client is attached to it: what was sent and not yet on the wire is lost,
 * buffers that were taken for sending are not the caller's any more. -errno: likewise, but it could
 * not be attached again: try netif_attach_again later. The link's state may have changed: see
 * info.flags.
 */
int netif_news(struct netif *netif);

/* Attaches anew. Returns 0 or -errno, and then every other function finds nothing to do. */
int netif_attach_again(struct netif *netif);

/* Asks for the state of the interface into `info`. Returns 0 or -errno. */
int netif_refresh(struct netif *netif);

/* Asks for counters: index 0, of the interface; 1, of this client. Returns 0 or -errno. */
int netif_count(struct netif *netif, uint64_t index, struct netif_statistics *counters);

/*
 * The next received frame: 1 with *frame (a copy, in bounds), whose buffer is borrowed until
 * netif_lend; 0: none; -EPROTO: the server broke the rules.
 */
int netif_receive(struct netif *netif, struct netif_frame *frame);

/* The bytes of a received frame, frame->length of them. */
static inline uint8_t *netif_frame_bytes(const struct netif *netif, const struct netif_frame *frame)
{
    return netif->region->memory + netif->attached.receive_buffers +
           (size_t)frame->buffer * netif->attached.receive_buffer_size + frame->offset;
}

/* Lends a received frame's buffer to the server again; `region` is netif->region as it was when the
 * frame was received. The server sees it at the next netif_flush. */
void netif_lend(struct netif *netif, struct netif_region *region, uint16_t buffer);

/* A buffer for sending, of wanted.buffer_size bytes, and its number; NULL: all are under way. It is
 * the caller's until it is sent; netif_buffer_return gives one back that is not used after all. */
uint8_t *netif_buffer(struct netif *netif, uint16_t *buffer);
void netif_buffer_return(struct netif *netif, uint16_t buffer);

/* Puts a frame into the queue: buffer, offset, length, and what is said about checksum and
 * segments. The server sees it at the next netif_flush. */
void netif_send(struct netif *netif, const struct netif_frame *frame);

/*
 * Shows the server what was lent and sent since the last time, and calls it if it sleeps. Returns
 * 0, or -ESTALE, -EPIPE, -EPROTO: as if there were news: call netif_news.
 */
int netif_flush(struct netif *netif);

/* Says that the caller is at work: there is no notice until netif_sleep. Saves the one for frames
 * that come while something else has it look (a client, a timer). */
void netif_awake(struct netif *netif);

/* Whether the caller may wait for a notice now: nothing is there, and there will be one when a
 * frame comes; with `buffers`, also when one for sending is free again. */
bool netif_sleep(struct netif *netif, bool buffers);

#endif
