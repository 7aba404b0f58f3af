/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions of clients: laid out once, then rings on both sides. */
#include <errno.h>
#include <string.h>
#include "channel.h"
#include "client.h"
#include "device.h"
#include "ipc.h"
#include "memory.h"
#include "syscall.h"

struct client clients[NETIF_CLIENTS_MAX];
struct client *client_list[NETIF_CLIENTS_MAX + 1]; /* what is behind the last one is NULL */
unsigned client_count;
struct client *client_default;
struct netif_statistics interface_counters;

/* ---- The region. ----------------------------------------------------------------------------- */

/* Offsets in it; rings have entries for all buffers of their direction. */
struct layout {
    uint32_t received, lend, send, sent, receive_buffers, send_buffers;
    uint64_t size;
};

static struct layout lay_out(uint64_t receive, uint64_t receive_size, uint64_t send,
                             uint64_t send_size)
{
    const uint64_t head = sizeof(struct ring_shared), entry = sizeof(struct netif_frame);
    uint64_t receive_ring = head + receive * entry, send_ring = head + send * entry;
    struct layout layout;
    /* Rings begin on lines of their own. */
    receive_ring = (receive_ring + RING_LINE - 1) & ~(uint64_t)(RING_LINE - 1);
    send_ring = (send_ring + RING_LINE - 1) & ~(uint64_t)(RING_LINE - 1);
    layout.received = 0;
    layout.lend = (uint32_t)receive_ring;
    layout.send = (uint32_t)(2 * receive_ring);
    layout.sent = (uint32_t)(2 * receive_ring + send_ring);
    uint64_t rings = 2 * receive_ring + 2 * send_ring;
    layout.receive_buffers = (uint32_t)((rings + 2047) & ~UINT64_C(2047));
    layout.send_buffers = layout.receive_buffers + (uint32_t)(receive * receive_size);
    layout.size = layout.send_buffers + send * send_size;
    return layout;
}

static struct layout layout_of(const struct client *client)
{
    return lay_out(client->buffers.count, client->buffers.size, client->send_count,
                   client->send_size);
}

static void begin_rings(struct client *client, const struct layout *layout)
{
    uint8_t *memory = client->region.memory;
    const uint32_t head = sizeof(struct ring_shared), entry = sizeof(struct netif_frame);
    uint32_t receive = client->buffers.count, send = client->send_count;
#define RING(at) (struct ring_shared *)(memory + (at)), memory + (at) + head
    ring_begin_putter(&client->received, RING(layout->received), receive, entry);
    ring_begin_taker(&client->lend, RING(layout->lend), receive, entry);
    ring_begin_taker(&client->send, RING(layout->send), send, entry);
    ring_begin_putter(&client->sent, RING(layout->sent), send, entry);
#undef RING
    /* Before the client knows of them: it kicks when it sends first. */
    ring_sleep(&client->send, 1);
}

/*
 * The kernel takes contiguous memory out of a block of 2^n pages, and gives what is left of the
 * block to whoever asks next: if that one stays, the block is never whole again. After some dozens
 * of clients there would be none; so all of a block is taken.
 */
static size_t whole_block(uint64_t size)
{
    size_t block = MEMORY_PAGE;
    while (block < size)
        block *= 2;
    return block;
}

static int make_region(struct client *client, const struct netif_attach *wanted,
                       uint32_t receive_size)
{
    struct layout layout =
        lay_out(wanted->receive, receive_size, wanted->send, wanted->buffer_size);
    if (layout.size > NETIF_REGION_MAX)
        return -ENOMEM;
    int error = dma_create(&client->region, device.virtio.memory, whole_block(layout.size), true);
    if (error < 0)
        return error;
    uint8_t *memory = client->region.memory;
    uint64_t physical = client->region.physical;
    buffers_begin(&client->buffers, memory + layout.receive_buffers,
                  physical + layout.receive_buffers, receive_size, wanted->receive);
    client->send_memory = memory + layout.send_buffers;
    client->send_physical = physical + layout.send_buffers;
    client->send_size = wanted->buffer_size;
    client->send_count = wanted->send;
    begin_rings(client, &layout);
    return 0;
}

/* ---- Attaching. ------------------------------------------------------------------------------ */

struct client *client_find(uint64_t badge)
{
    client_each (client)
        if (client->badge == badge && !client->leaving)
            return client;
    return NULL;
}

static bool is_power(uint32_t number, uint32_t least, uint32_t most)
{
    return number >= least && number <= most && (number & (number - 1)) == 0;
}

static int judge(const struct netif_attach *wanted)
{
    if (!is_power(wanted->receive, 1, NETIF_BUFFERS_MAX) ||
        !is_power(wanted->send, 1, NETIF_BUFFERS_MAX) ||
        !is_power(wanted->buffer_size, 2048, 65536))
        return -EINVAL;
    switch (wanted->mode) {
    case NETIF_MODE_DEFAULT:
        return client_default ? -EBUSY : 0;
    case NETIF_MODE_ETHERTYPE:
        client_each (client)
            if (client->mode == wanted->mode && client->ethertype == wanted->ethertype &&
                !client->leaving)
                return -EBUSY;
        return wanted->ethertype <= UINT16_MAX ? 0 : -EINVAL;
    case NETIF_MODE_PROMISCUOUS:
        return 0;
    }
    return -EINVAL;
}

static struct client *free_place(void)
{
    for (unsigned i = 0; i < NETIF_CLIENTS_MAX; i++)
        if (!clients[i].badge)
            return &clients[i];
    return NULL;
}

int client_attach(uint64_t badge, const struct netif_attach *wanted, uint32_t receive_size,
                  anser_handle notify, struct client **made)
{
    struct client *client = free_place();
    int error = judge(wanted);
    if (error < 0)
        return error;
    if (!client)
        return -EMFILE;
    memset(client, 0, sizeof(*client));
    error = make_region(client, wanted, receive_size);
    if (error < 0)
        return error;
    client->badge = badge;
    client->mode = wanted->mode;
    client->ethertype = wanted->ethertype;
    client->wants = wanted->wants;
    client->notify = notify;
    client->notify_channel = client_is_channel(notify);
    if (client->mode == NETIF_MODE_DEFAULT)
        client_default = client;
    client_list[client_count++] = client;
    *made = client;
    return 0;
}

void client_describe(const struct client *client, struct netif_attached *attached)
{
    struct layout layout = layout_of(client);
    *attached = (struct netif_attached){
        .size = client->region.size,
        .received = layout.received,
        .lend = layout.lend,
        .send = layout.send,
        .sent = layout.sent,
        .receive_buffers = layout.receive_buffers,
        .receive_buffer_size = client->buffers.size,
        .send_buffers = layout.send_buffers,
        .flags = client->flags,
    };
}

/* The last one takes its place in the list. */
static void unlist(const struct client *client)
{
    unsigned at = 0;
    while (client_list[at] != client)
        at++;
    client_list[at] = client_list[--client_count];
    client_list[client_count] = NULL;
}

void client_end(struct client *client)
{
    interface_counters.dropped += client->counters.dropped;
    interface_counters.errors += client->counters.errors;
    handle_close(client->notify);
    dma_destroy(&client->region);
    if (client_default == client)
        client_default = NULL;
    client->badge = 0;
    unlist(client);
}

/* ---- Rings. ---------------------------------------------------------------------------------- */

bool client_collect(struct client *client)
{
    int64_t ready = ring_ready(&client->lend);
    if (ready == 0)
        return true;
    for (int64_t i = 0; i < ready; i++) {
        const volatile struct netif_frame *entry = ring_entry(&client->lend, (uint32_t)i);
        if (!buffers_return(&client->buffers, entry->buffer))
            return false;
    }
    if (ready > 0)
        ring_advance(&client->lend, (uint32_t)ready);
    return ready > 0;
}

bool client_deliver(struct client *client, const struct netif_frame *frame)
{
    /* There is room for all buffers, unless the client said that it took what it did not. */
    if (client->received_unsaid >= client->received.ready &&
        ring_ready(&client->received) <= client->received_unsaid)
        return false;
    *(struct netif_frame *)ring_entry(&client->received, client->received_unsaid++) = *frame;
    return true;
}

void client_give_back(struct client *client, uint16_t buffer)
{
    struct netif_frame entry = {.buffer = buffer};
    if (client->sent_unsaid >= client->sent.ready &&
        ring_ready(&client->sent) <= client->sent_unsaid)
        return; /* its own count says that it has all of them */
    *(struct netif_frame *)ring_entry(&client->sent, client->sent_unsaid++) = entry;
}

bool client_is_channel(anser_handle notify)
{
    return sys_handle_info(notify).status == ANSER_TYPE_CHANNEL;
}

/* Never waits. Returns 0 or -errno. */
static int64_t tell(anser_handle notify, uint64_t word)
{
    struct ipc_registers registers = {.info = IPC_INFO(8, 0) | ANSER_INFO_NB, .words = {word}};
    return ipc_exchange(ANSER_CALL_send, notify, &registers);
}

bool client_tell_news(anser_handle notify, bool channel)
{
    if (channel)
        return tell(notify, NETIF_NEWS) != -EAGAIN;
    ipc_signal(notify, NETIF_SIGNAL_NEWS);
    return true;
}

void client_say(struct client *client)
{
    bool due = client->due;
    if (client->received_unsaid)
        due |= ring_advance(&client->received, client->received_unsaid);
    if (client->sent_unsaid)
        due |= ring_advance(&client->sent, client->sent_unsaid);
    client->received_unsaid = 0;
    client->sent_unsaid = 0;
    client->due = false;
    if (client->leaving)
        return;
    if (client->news)
        client->news = !client_tell_news(client->notify, client->notify_channel);
    if (!due)
        return;
    if (client->notify_channel)
        tell(client->notify, NETIF_NOTICE); /* full: it looks before it waits */
    else
        ipc_signal(client->notify, NETIF_SIGNAL_NOTICE);
}
