/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to a disk: put in, reaped, and made again with a successor of the server. What is in
 * flight is kept in a table of the client's own, whose index is the cookie that the server sees.
 */
#include "block.h"

#include <stdbool.h>
#include "block_session.h"
#include "channel.h"
#include <errno.h>
#include "ipc.h"

/* The server's cookie is the place in the table. */
static void put(struct block *block, uint32_t place, uint32_t slot)
{
    struct block_request *entry = ring_entry(&block->session.requests, place);
    *entry = block->flights[slot].request;
    entry->cookie = slot;
}

static int kick(struct block *block)
{
    uint64_t word;
    int64_t status;
    do {
        word = BLOCK_KICK;
        status = ipc_call_word(block->handle, &word);
    } while (status == -EINTR);
    return status < 0 ? (int)status : (int)(int64_t)word;
}

/* ---- Once more. ------------------------------------------------------------------------------ */

/* Completions that the dead server had put in still count. */
static void take_last(struct block *block)
{
    int64_t ready = ring_ready(&block->session.completions);
    for (int64_t i = 0; i < ready; i++) {
        const struct block_completion completion =
            *(struct block_completion *)ring_entry(&block->session.completions, (uint32_t)i);
        if (completion.cookie >= block->depth ||
            block->flights[completion.cookie].state != FLIGHT_PUT)
            continue;
        block->flights[completion.cookie].state = FLIGHT_DONE;
        block->flights[completion.cookie].status = completion.status;
        block->done++;
    }
}

static int recover(struct block *block)
{
    block->recoveries++;
    take_last(block);
    int status = block_session_renew(block);
    if (status < 0)
        return block->lost = status;
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < block->depth; slot++)
        if (block->flights[slot].state == FLIGHT_PUT)
            put(block, count++, slot);
    return ring_advance(&block->session.requests, count) ? 1 : 0;
}

/* Kicks until it has been heard by a server to which this client is attached. */
static int kick_or_recover(struct block *block)
{
    int status = kick(block);
    while (block->lost == 0 && (status == -ESTALE || status == -EPIPE || status == -EPROTO)) {
        status = recover(block);
        if (status > 0)
            status = kick(block);
    }
    return status;
}

/* ---- In. ------------------------------------------------------------------------------------- */

int block_submit(struct block *block, const struct block_request *requests, unsigned count)
{
    if (block->lost < 0)
        return block->lost;
    if (count > block->free_count)
        count = block->free_count;
    if (count == 0)
        return 0;
    int64_t room = ring_ready(&block->session.requests);
    if (room < count)
        return room < 0 ? (int)room : -EPROTO; /* what is in flight always fits */
    for (unsigned i = 0; i < count; i++) {
        uint32_t slot = block->free[--block->free_count];
        block->flights[slot] = (struct block_flight){.request = requests[i], .state = FLIGHT_PUT};
        put(block, i, slot);
    }
    if (!ring_advance(&block->session.requests, count))
        return (int)count;
    int status = kick_or_recover(block);
    return status < 0 ? status : (int)count;
}

/* ---- Out. ------------------------------------------------------------------------------------ */

static void land(struct block *block, uint32_t slot, int64_t status,
                 struct block_completion *completion)
{
    completion->cookie = block->flights[slot].request.cookie;
    completion->status = status;
    block->flights[slot].state = FLIGHT_NONE;
    block->free[block->free_count++] = slot;
}

/* Those that were taken out of an earlier ring. */
static unsigned reap_done(struct block *block, struct block_completion *completions, unsigned most)
{
    unsigned count = 0;
    for (uint32_t slot = 0; slot < block->depth && block->done > 0 && count < most; slot++) {
        if (block->flights[slot].state != FLIGHT_DONE)
            continue;
        land(block, slot, block->flights[slot].status, &completions[count++]);
        block->done--;
    }
    return count;
}

/* Returns how many, or -EPROTO: something that was not put in. */
static int reap_ring(struct block *block, struct block_completion *completions, unsigned most)
{
    struct ring *ring = &block->session.completions;
    int64_t ready = ring_ready(ring);
    if (ready <= 0)
        return (int)ready;
    unsigned count = ready < most ? (unsigned)ready : most;
    for (unsigned i = 0; i < count; i++) {
        const struct block_completion completion = *(struct block_completion *)ring_entry(ring, i);
        if (completion.cookie >= block->depth ||
            block->flights[completion.cookie].state != FLIGHT_PUT)
            return -EPROTO;
        land(block, (uint32_t)completion.cookie, completion.status, &completions[i]);
    }
    if (ring_advance(ring, count) && kick_or_recover(block) < 0)
        return block->lost;
    return (int)count;
}

/*
 * Waits for the signal. Woken without a completion it may be the successor who calls, so it is
 * asked: its answer is -ESTALE then.
 */
static int wait_signal(struct block *block, uint64_t deadline)
{
    uint64_t word;
    int status = deadline == CLOCK_NEVER ? (int)ipc_wait(block->session.signal, &word)
                                         : channel_wait(block->session.signal, &word, deadline);
    ring_awake(&block->session.completions);
    if (status == -EAGAIN || status == -ETIMEDOUT || status == -EINTR)
        return status;
    return status == 0 && ring_ready(&block->session.completions) > 0 ? 0 : kick_or_recover(block);
}

int block_reap(struct block *block, struct block_completion *completions, unsigned most,
               uint64_t deadline)
{
    for (;;) {
        if (block->lost < 0)
            return block->lost;
        if (block->done > 0)
            return (int)reap_done(block, completions, most);
        if (block->free_count == block->depth || most == 0)
            return 0;
        int count = reap_ring(block, completions, most);
        if (count > 0)
            return count;
        if (count < 0)
            return block->lost = count;
        if (!ring_sleep(&block->session.completions, 1))
            continue;
        int status = wait_signal(block, deadline);
        if (status < 0)
            return status;
    }
}

unsigned block_in_flight(const struct block *block)
{
    return block->depth - block->free_count;
}

unsigned block_recoveries(const struct block *block)
{
    return block->recoveries;
}

void *block_area(struct block *block, size_t *size)
{
    *size = block->session.data_size;
    return block->session.data;
}
