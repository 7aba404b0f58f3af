/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of the network interface protocol. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "ipc.h"
#include "memory.h"
#include "netif.h"

#define ATTEMPTS 8 /* to attach, when the server dies each time */

/* ---- Requests. ------------------------------------------------------------------------------- */

static int64_t ask(const struct netif *netif, uint64_t type, uint64_t index, void *answer,
                   size_t length)
{
    uint64_t request[2] = {type, index};
    struct channel_out out = {.data = request, .length = sizeof(request)};
    struct channel_in in = {.data = answer, .capacity = length};
    int error = channel_call(netif->server, &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    int64_t status = *(const int64_t *)answer;
    if (status < 0)
        return status;
    return in.length < length ? -EPROTO : status;
}

int netif_refresh(struct netif *netif)
{
    struct netif_info info;
    int64_t status = ask(netif, NETIF_INFO, 0, &info, sizeof(info));
    if (status < 0)
        return (int)status;
    netif->info = info;
    return 0;
}

int netif_count(struct netif *netif, uint64_t index, struct netif_statistics *counters)
{
    int64_t status = ask(netif, NETIF_STATISTICS, index, counters, sizeof(*counters));
    return status < 0 ? (int)status : 0;
}

static int64_t kick(struct netif *netif)
{
    uint64_t word = NETIF_KICK;
    int64_t status = ipc_call_word(netif->server, &word);
    return status < 0 ? status : (int64_t)word;
}

/* ---- Regions. -------------------------------------------------------------------------------- */

static void region_end(struct netif_region *region)
{
    memory_unmap(region->memory, region->size);
    free(region);
}

/* Frames in it may still be in use: the last one takes it along. */
static void region_leave(struct netif *netif)
{
    struct netif_region *region = netif->region;
    netif->region = NULL;
    netif->free_count = 0;
    if (!region)
        return;
    region->left = true;
    if (!region->borrowed)
        region_end(region);
}

static struct netif_region *region_map(anser_handle pages, size_t size)
{
    struct netif_region *region = calloc(1, sizeof(*region));
    if (!region)
        return NULL;
    region->size = size;
    region->memory = memory_map_object(pages, 0, size, ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (region->memory)
        return region;
    free(region);
    return NULL;
}

/* ---- Attaching. ------------------------------------------------------------------------------ */

/* Whether `count` pieces of `size` bytes from `offset` on lie in the region. */
static bool lies_within(const struct netif_attached *attached, uint32_t offset, uint64_t count,
                        uint64_t size)
{
    return offset % 8 == 0 && offset + count * size <= attached->size;
}

static bool answer_makes_sense(const struct netif *netif, const struct netif_attached *attached)
{
    uint64_t receive = netif->wanted.receive, send = netif->wanted.send;
    uint32_t buffer = attached->receive_buffer_size;
    const uint64_t head = sizeof(struct ring_shared), entry = sizeof(struct netif_frame);
    return attached->size <= NETIF_REGION_MAX && buffer >= 2048 && buffer <= 65536 * 2 &&
           lies_within(attached, attached->received, 1, head + receive * entry) &&
           lies_within(attached, attached->lend, 1, head + receive * entry) &&
           lies_within(attached, attached->send, 1, head + send * entry) &&
           lies_within(attached, attached->sent, 1, head + send * entry) &&
           lies_within(attached, attached->receive_buffers, receive, buffer) &&
           lies_within(attached, attached->send_buffers, send, netif->wanted.buffer_size);
}

static void begin_rings(struct netif *netif)
{
    const struct netif_attached *attached = &netif->attached;
    uint8_t *memory = netif->region->memory;
    const uint32_t head = sizeof(struct ring_shared), entry = sizeof(struct netif_frame);
    uint32_t receive = netif->wanted.receive, send = netif->wanted.send;
#define RING(at) (struct ring_shared *)(memory + (at)), memory + (at) + head
    ring_begin_taker(&netif->received, RING(attached->received), receive, entry);
    ring_begin_putter(&netif->lend, RING(attached->lend), receive, entry);
    ring_begin_putter(&netif->send, RING(attached->send), send, entry);
    ring_begin_taker(&netif->sent, RING(attached->sent), send, entry);
#undef RING
    netif->taken_unsaid = 0;
    netif->lent_unsaid = 0;
    netif->sent_unsaid = 0;
    for (netif->free_count = 0; netif->free_count < send; netif->free_count++)
        netif->free_buffers[netif->free_count] = (uint16_t)(send - 1 - netif->free_count);
}

/* NETIF_ATTACH; the region's handle is in *pages. */
static int attach(struct netif *netif, anser_handle *pages)
{
    struct channel_out out = {.data = &netif->wanted, .length = sizeof(netif->wanted)};
    struct channel_in in = {.data = &netif->attached, .capacity = sizeof(netif->attached)};
    anser_handle notify = handle_duplicate(netif->notify);
    if (notify < 0)
        return (int)notify;
    out.handle_count = 1;
    out.handles[0] = notify;
    int error = channel_call(netif->server, &out, &in, CLOCK_NEVER);
    if (error < 0) {
        handle_close(notify);
        return error;
    }
    if (netif->attached.status < 0)
        return (int)netif->attached.status;
    *pages = in.handle_count ? in.handles[0] : 0;
    if (in.length == sizeof(netif->attached) && in.handle_count == 1 &&
        answer_makes_sense(netif, &netif->attached))
        return 0;
    handle_close(*pages);
    return -EPROTO;
}

static int attach_once(struct netif *netif)
{
    anser_handle pages = 0;
    region_leave(netif);
    int error = attach(netif, &pages);
    if (error < 0)
        return error;
    netif->region = region_map(pages, netif->attached.size);
    handle_close(pages);
    if (!netif->region)
        return -ENOMEM;
    begin_rings(netif);
    return netif_refresh(netif);
}

/* A server that dies while it is asked has a successor behind the same channel, which may die, too.
 */
int netif_attach_again(struct netif *netif)
{
    int error = -EPIPE;
    for (unsigned i = 0; i < ATTEMPTS && error == -EPIPE; i++)
        error = attach_once(netif);
    return error;
}

int netif_open(struct netif *netif, anser_handle server, anser_handle notify,
               const struct netif_attach *wanted)
{
    memset(netif, 0, sizeof(*netif));
    if (wanted->receive > NETIF_BUFFERS_MAX || wanted->send > NETIF_BUFFERS_MAX)
        return -EINVAL;
    netif->server = server;
    netif->notify = notify;
    netif->wanted = *wanted;
    netif->wanted.type = NETIF_ATTACH;
    return netif_attach_again(netif);
}

void netif_close(struct netif *netif)
{
    int64_t status;
    region_leave(netif);
    ask(netif, NETIF_DETACH, 0, &status, sizeof(status));
}

int netif_news(struct netif *netif)
{
    int64_t status = netif->region ? kick(netif) : -ESTALE;
    if (status >= 0)
        return netif_refresh(netif);
    status = netif_attach_again(netif);
    return status < 0 ? (int)status : 1;
}

/* ---- Receiving. ------------------------------------------------------------------------------ */

/* Says what was taken, and looks for more: a count is said once for a burst. */
static int64_t take_more(struct netif *netif)
{
    if (netif->taken_unsaid)
        ring_advance(&netif->received, netif->taken_unsaid);
    netif->taken_unsaid = 0;
    return ring_ready(&netif->received);
}

int netif_receive(struct netif *netif, struct netif_frame *frame)
{
    if (!netif->region)
        return 0;
    if (netif->taken_unsaid == netif->received.ready) {
        int64_t ready = take_more(netif);
        if (ready <= 0)
            return (int)ready;
    }
    *frame = *(const struct netif_frame *)ring_entry(&netif->received, netif->taken_unsaid++);
    if (frame->buffer >= netif->wanted.receive ||
        frame->offset + (uint64_t)frame->length > netif->attached.receive_buffer_size)
        return -EPROTO;
    netif->region->borrowed++;
    return 1;
}

void netif_lend(struct netif *netif, struct netif_region *region, uint16_t buffer)
{
    region->borrowed--;
    if (region->left) {
        if (!region->borrowed)
            region_end(region);
        return;
    }
    if (netif->lent_unsaid == netif->lend.size)
        return; /* the server gave more buffers than there are */
    struct netif_frame *entry = ring_entry(&netif->lend, netif->lent_unsaid++);
    entry->buffer = buffer;
}

/* ---- Sending. -------------------------------------------------------------------------------- */

/* Takes all buffers that were sent. */
static void reclaim(struct netif *netif)
{
    int64_t ready = netif->region ? ring_ready(&netif->sent) : 0;
    for (int64_t i = 0; i < ready; i++) {
        const volatile struct netif_frame *entry = ring_entry(&netif->sent, (uint32_t)i);
        uint16_t buffer = entry->buffer;
        if (buffer < netif->wanted.send && netif->free_count < netif->wanted.send)
            netif->free_buffers[netif->free_count++] = buffer;
    }
    if (ready > 0)
        ring_advance(&netif->sent, (uint32_t)ready);
}

uint8_t *netif_buffer(struct netif *netif, uint16_t *buffer)
{
    if (!netif->free_count)
        reclaim(netif);
    if (!netif->free_count)
        return NULL;
    *buffer = netif->free_buffers[--netif->free_count];
    return netif->region->memory + netif->attached.send_buffers +
           (size_t)*buffer * netif->wanted.buffer_size;
}

void netif_buffer_return(struct netif *netif, uint16_t buffer)
{
    netif->free_buffers[netif->free_count++] = buffer;
}

void netif_send(struct netif *netif, const struct netif_frame *frame)
{
    if (netif->sent_unsaid < netif->wanted.send)
        *(struct netif_frame *)ring_entry(&netif->send, netif->sent_unsaid++) = *frame;
}

/* ---- Both. ----------------------------------------------------------------------------------- */

int netif_flush(struct netif *netif)
{
    bool sleeps = false;
    if (!netif->region)
        return -ESTALE;
    if (netif->lent_unsaid)
        sleeps |= ring_advance(&netif->lend, netif->lent_unsaid);
    if (netif->sent_unsaid)
        sleeps |= ring_advance(&netif->send, netif->sent_unsaid);
    netif->lent_unsaid = 0;
    netif->sent_unsaid = 0;
    return sleeps ? (int)kick(netif) : 0;
}

void netif_awake(struct netif *netif)
{
    if (netif->region)
        ring_awake(&netif->received);
}

bool netif_sleep(struct netif *netif, bool buffers)
{
    if (!netif->region)
        return true;
    if (take_more(netif) > 0 || !ring_sleep(&netif->received, 1))
        return false;
    if (!buffers || netif->free_count || ring_sleep(&netif->sent, 1))
        return true;
    ring_awake(&netif->received);
    return false;
}
