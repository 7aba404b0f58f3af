/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening disks, and attaching to their servers: the first one, and each successor. */
#include "block_session.h"

#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include <errno.h>
#include "memory.h"
#include "names.h"
#include "start.h"
#include "syscall.h"

#define DEPTH_USUAL 32
#define DATA_LEAST  (64u << 10) /* bytes: less is not asked for when memory is short */

/* A call that a server was serving when it died ends with -EPIPE; all calls do when there will be
 * no successor. */
#define PIPE_TRIES 64
/* The memory of the dead server comes back when all its clients have left it. */
#define MEMORY_TRIES 500
#define MEMORY_PAUSE 10 /* ms */

/* A call of up to 64 bytes; more than it says here is no answer. */
static int ask(struct block *block, const struct channel_out *out, void *answer, size_t size,
               struct channel_in *in)
{
    memset(answer, 0, size);
    *in = (struct channel_in){.data = answer, .capacity = size};
    int status = channel_call(block->handle, out, in, CLOCK_NEVER);
    if (status < 0)
        return status;
    if (in->length < sizeof(int64_t))
        return -EPROTO;
    int64_t said = *(int64_t *)answer;
    return said < 0 ? (int)said : (int)(in->length - sizeof(int64_t));
}

static int ask_word(struct block *block, uint64_t type, void *answer, size_t size)
{
    struct channel_out out = {.data = &type, .length = sizeof(type)};
    struct channel_in in;
    int status = -EPIPE;
    for (int i = 0; i < PIPE_TRIES && (status == -EPIPE || status == -EINTR); i++)
        status = ask(block, &out, answer, size, &in);
    for (unsigned i = 0; status >= 0 && i < in.handle_count; i++)
        handle_close(in.handles[i]);
    return status;
}

/* ---- Attaching. ------------------------------------------------------------------------------ */

/* Asks for a region; its handle, and the end of the signal to wait on, are in *session. */
static int attach(struct block *block, size_t bytes, struct block_session *session,
                  struct block_attached *attached)
{
    struct block_attach request = {.type = BLOCK_ATTACH, .bytes = bytes, .entries = block->depth};
    struct channel signal;
    struct channel_in in;
    int status = channel_create_signal(&signal);
    if (status < 0)
        return status;
    struct channel_out out = {
        .data = &request, .length = sizeof(request), .handle_count = 1, .handles = {signal.send}};
    status = ask(block, &out, attached, sizeof(*attached), &in);
    if (status >= 0 && in.handle_count != 1)
        status = -EPROTO;
    if (status < 0) {
        handle_close(signal.send); /* stale if it was sent */
        handle_close(signal.receive);
        return status;
    }
    session->signal = signal.receive;
    session->pages = in.handles[0];
    return 0;
}

/* Each try has a signal of its own: a server that dies takes the one that it was sent along. */
static int attach_again(struct block *block, size_t bytes, struct block_session *session,
                        struct block_attached *attached)
{
    int status = -EPIPE;
    for (int i = 0; i < PIPE_TRIES && (status == -EPIPE || status == -EINTR); i++)
        status = attach(block, bytes, session, attached);
    return status;
}

static int attach_patiently(struct block *block, size_t bytes, struct block_session *session,
                            struct block_attached *attached)
{
    int status = attach_again(block, bytes, session, attached);
    for (int i = 0; i < MEMORY_TRIES && status == -ENOMEM; i++) {
        clock_sleep(MEMORY_PAUSE);
        status = attach_again(block, bytes, session, attached);
    }
    return status;
}

/* Whether all that is said to lie in the region does. */
static int fits(const struct block *block, const struct block_attached *attached)
{
    uint64_t size = attached->size, ring = sizeof(struct ring_shared);
    return attached->requests + ring + block->depth * sizeof(struct block_request) <= size &&
           attached->completions + ring + block->depth * sizeof(struct block_completion) <= size &&
           (uint64_t)attached->data + attached->data_size <= size &&
           (attached->requests | attached->completions | attached->data) % RING_LINE == 0;
}

static void begin_rings(struct block *block, const struct block_attached *attached)
{
    struct block_session *session = &block->session;
    char *requests = session->region + attached->requests;
    char *completions = session->region + attached->completions;
    session->data = session->region + attached->data;
    session->data_size = attached->data_size;
    ring_begin_putter(&session->requests, (struct ring_shared *)requests,
                      requests + sizeof(struct ring_shared), block->depth,
                      sizeof(struct block_request));
    ring_begin_taker(&session->completions, (struct ring_shared *)completions,
                     completions + sizeof(struct ring_shared), block->depth,
                     sizeof(struct block_completion));
}

int block_session_begin(struct block *block, size_t bytes)
{
    struct block_attached attached;
    struct block_session *session = &block->session;
    int status = attach_again(block, bytes, session, &attached);
    while (status == -ENOMEM && bytes > DATA_LEAST) {
        bytes = bytes / 2 > DATA_LEAST ? bytes / 2 : DATA_LEAST;
        status = attach_again(block, bytes, session, &attached);
    }
    if (status < 0)
        return status;
    if (!fits(block, &attached))
        return -EPROTO;
    session->region =
        memory_map_object(session->pages, 0, attached.size, ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (session->region == NULL)
        return -ENOMEM;
    session->size = attached.size;
    begin_rings(block, &attached);
    return 0;
}

/* Puts the new region where the old one is, with the old one's data, unless it is the same. */
static int replace(struct block *block, struct block_session *renewed,
                   const struct block_attached *attached)
{
    struct block_session *session = &block->session;
    unsigned prot = ANSER_PROT_READ | ANSER_PROT_WRITE;
    if (attached->size != session->size || attached->data_size != session->data_size ||
        attached->data != (uint64_t)(session->data - session->region))
        return -EPROTO;
    if (attached->kept)
        return 0; /* it is there, and mapped */
    char *region = memory_map_object(renewed->pages, 0, attached->size, prot);
    if (region == NULL)
        return -ENOMEM;
    memcpy(region + attached->data, session->data, attached->data_size);
    memory_unmap(region, attached->size);
    return (int)sys_region_map(0, (uint64_t)session->region, session->size, prot | ANSER_MAP_FIXED,
                               renewed->pages, 0)
        .status;
}

int block_session_renew(struct block *block)
{
    struct block_session renewed = {0};
    struct block_attached attached;
    int status = attach_patiently(block, block->session.data_size, &renewed, &attached);
    if (status == 0)
        status = replace(block, &renewed, &attached);
    handle_close(block->session.signal);
    handle_close(block->session.pages);
    block->session.signal = renewed.signal;
    block->session.pages = renewed.pages;
    if (status < 0)
        return status;
    begin_rings(block, &attached);
    return 0;
}

void block_session_end(struct block_session *session)
{
    if (session->region != NULL)
        memory_unmap(session->region, session->size);
    handle_close(session->pages);
    handle_close(session->signal);
}

/* ---- Opening. -------------------------------------------------------------------------------- */

/* Looked up it is a handle of its own, with a session of its own. */
static int find(struct block *block, const char *name)
{
    anser_handle handle = names_lookup(name);
    block->own_handle = handle > 0;
    int reason = handle == -EPIPE ? -EPIPE : -ESRCH;
    if (handle <= 0)
        handle = start_handle(name);
    if (handle <= 0)
        return reason;
    block->handle = handle;
    return 0;
}

static int make_tables(struct block *block, unsigned depth)
{
    block->depth = 1;
    while (block->depth < depth)
        block->depth *= 2;
    block->flights = calloc(block->depth, sizeof(*block->flights));
    block->free = calloc(block->depth, sizeof(*block->free));
    if (block->flights == NULL || block->free == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < block->depth; i++)
        block->free[i] = block->depth - 1 - i;
    block->free_count = block->depth;
    return 0;
}

static int open_block(struct block *block, const char *name, size_t bytes, unsigned depth)
{
    if (bytes > BLOCK_REGION_MAX || depth > BLOCK_ENTRIES_MAX)
        return -EINVAL;
    int status = find(block, name);
    if (status == 0)
        status = make_tables(block, depth == 0 ? DEPTH_USUAL : depth);
    if (status == 0)
        status = ask_word(block, BLOCK_INFO, &block->info, sizeof(block->info));
    if (status < 0)
        return status;
    if (block->info.block_size < BLOCK_SECTOR || block->info.request_max < block->info.block_size)
        return -EPROTO;
    /* With its rings a block of the kernel's allocator, which is the easiest to find. */
    size_t usual = 2 * (size_t)block->info.request_max -
                   memory_round_up(2 * sizeof(struct ring_shared) +
                                   block->depth * (sizeof(struct block_request) +
                                                   sizeof(struct block_completion)));
    return block_session_begin(block, bytes == 0 ? usual : bytes);
}

int block_open(struct block **block, const char *name, size_t bytes, unsigned depth)
{
    *block = calloc(1, sizeof(**block));
    if (*block == NULL)
        return -ENOMEM;
    int status = open_block(*block, name, bytes, depth);
    if (status == 0)
        return 0;
    block_close(*block);
    *block = NULL;
    return status;
}

void block_close(struct block *block)
{
    if (block == NULL)
        return;
    block_session_end(&block->session);
    if (block->own_handle)
        handle_close(block->handle);
    free(block->flights);
    free(block->free);
    free(block);
}

/* ---- What it is. ----------------------------------------------------------------------------- */

const struct block_info *block_describe(const struct block *block)
{
    return &block->info;
}

uint64_t block_size(const struct block *block)
{
    return block->info.sectors * BLOCK_SECTOR;
}

/* The rest is as it was: 5.2.4 of the virtio specification lets only the capacity change. */
int block_refresh(struct block *block)
{
    struct block_info info;
    int status = ask_word(block, BLOCK_INFO, &info, sizeof(info));
    if (status < 0)
        return status;
    block->info.sectors = info.sectors;
    return 0;
}

int block_serial(struct block *block, char serial[BLOCK_ELEMENT])
{
    char answer[BLOCK_ELEMENT];
    int length = ask_word(block, BLOCK_SERIAL, answer, sizeof(answer));
    for (int i = 0; i < MEMORY_TRIES && length == -EAGAIN; i++) {
        clock_sleep(MEMORY_PAUSE);
        length = ask_word(block, BLOCK_SERIAL, answer, sizeof(answer));
    }
    if (length < 0)
        return length;
    memcpy(serial, answer + sizeof(int64_t), (size_t)length);
    serial[length] = '\0';
    return 0;
}

int block_count(struct block *block, struct block_statistics *statistics)
{
    int status = ask_word(block, BLOCK_STATISTICS, statistics, sizeof(*statistics));
    return status < 0 ? status : 0;
}
