/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stock of buffers to receive into: those that a client lent, or the server's own, while nobody
 * else does. Each is idle here, in the device's queue, or with the client.
 */
#ifndef ANSER_SERVERS_VIRTIO_NET_BUFFERS_H
#define ANSER_SERVERS_VIRTIO_NET_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/netif.h>

enum buffer_state { BUFFER_OUT, BUFFER_IDLE, BUFFER_POSTED };

struct buffers {
    uint8_t *memory;
    uint64_t physical;
    uint32_t size;  /* bytes of each */
    uint32_t count; /* 0: none */
    uint32_t posted;
    uint32_t idle_count;
    uint16_t idle[NETIF_BUFFERS_MAX];
    uint8_t state[NETIF_BUFFERS_MAX]; /* enum buffer_state */
};

/* All of them idle. */
void buffers_begin(struct buffers *buffers, uint8_t *memory, uint64_t physical, uint32_t size,
                   uint32_t count);

/* The device has forgotten its queue: what was posted is idle again. */
void buffers_recall(struct buffers *buffers);

/* One that was out comes back. False: there is no such buffer, or it was not out. */
static inline bool buffers_return(struct buffers *buffers, uint32_t buffer)
{
    if (buffer >= buffers->count || buffers->state[buffer] != BUFFER_OUT)
        return false;
    buffers->state[buffer] = BUFFER_IDLE;
    buffers->idle[buffers->idle_count++] = (uint16_t)buffer;
    return true;
}

/* An idle one, which becomes `state`. Only if idle_count is not 0. */
static inline uint16_t buffers_take(struct buffers *buffers, enum buffer_state state)
{
    uint16_t buffer = buffers->idle[--buffers->idle_count];
    buffers->state[buffer] = (uint8_t)state;
    buffers->posted += state == BUFFER_POSTED;
    return buffer;
}

/* The device has filled one: it is out, for the moment. */
static inline void buffers_filled(struct buffers *buffers, uint16_t buffer)
{
    buffers->state[buffer] = BUFFER_OUT;
    buffers->posted--;
}

static inline uint8_t *buffers_at(const struct buffers *buffers, uint32_t buffer)
{
    return buffers->memory + (uint64_t)buffer * buffers->size;
}

#endif
