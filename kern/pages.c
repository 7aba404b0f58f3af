/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages objects: their frames, who pays for them, and how they end. */
#include "kern/pages.h"
#include "kern/device.h"
#include "kern/panic.h"
#include "kern/slab.h"

#define CHUNK_ORDER    9u
#define CHUNK_PAGES    (1u << CHUNK_ORDER)
#define CHUNK_INDEX    (1u << 31) /* the chunk is an index frame with frame numbers */
#define CONTIGUOUS_MAX (1u << FRAME_ORDER_MAX)
#define ZERO_PAGES_MAX 12u /* in one piece: 650 instructions each */
#define FREE_PAGES_MAX 128u

static inline uint32_t frame_number(phys_t frame)
{
    return (uint32_t)(frame.value >> PAGE_SHIFT);
}

static inline phys_t frame_at(uint32_t number)
{
    return phys((uint64_t)(number & ~CHUNK_INDEX) << PAGE_SHIFT);
}

static inline uint32_t *index_frame(uint32_t chunk)
{
    return direct_map(frame_at(chunk));
}

static inline uint32_t chunk_count(uint32_t pages)
{
    return (pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
}

/* Pages in the chunk that begins at this page. */
static inline uint32_t chunk_length(const struct pages *pages, uint32_t first)
{
    uint32_t left = pages->count - first;
    return left < CHUNK_PAGES ? left : CHUNK_PAGES;
}

phys_t pages_frame(const struct object *object, uint64_t index, uint64_t *run)
{
    const struct pages *pages = pages_of(object);
    if (pages->chunks == NULL) {
        *run = pages->count - index;
        return phys(pages->base.value + (index << PAGE_SHIFT));
    }
    uint32_t chunk = pages->chunks[index / CHUNK_PAGES];
    uint32_t inside = (uint32_t)index % CHUNK_PAGES;
    if ((chunk & CHUNK_INDEX) != 0) {
        *run = 1;
        return frame_at(index_frame(chunk)[inside]);
    }
    *run = chunk_length(pages, (uint32_t)index - inside) - inside;
    return frame_at(chunk + inside);
}

bool pages_contiguous(const struct object *object)
{
    return pages_of(object)->chunks == NULL;
}

/* ---- Making. */

/* A block of `count` frames: of the next power of two, less what is too much of it. */
static bool block_alloc(uint32_t count, phys_t *out)
{
    unsigned order = count == 1 ? 0 : 32 - (unsigned)__builtin_clz(count - 1);
    if (order > FRAME_ORDER_MAX || !frame_alloc(order, out))
        return false;
    frame_free_range(phys(out->value + ((uint64_t)count << PAGE_SHIFT)), (1ul << order) - count);
    return true;
}

static status_t begin(struct pages *pages, uint64_t flags, struct device *device)
{
    struct account *payer = pages->object.payer;
    if (pages->count <= CONTIGUOUS_MAX && block_alloc(pages->count, &pages->base)) {
        if (device == NULL)
            return 0;
        pages->dma = device_bind(device, payer, pages->base, pages->count);
        return pages->dma != NULL ? 0 : -ANSER_ENOMEM;
    }
    if ((flags & (ANSER_PAGES_CONTIGUOUS | ANSER_PAGES_DMA)) != 0)
        return -ANSER_ENOMEM;
    pages->chunks = slab_alloc(payer, chunk_count(pages->count) * sizeof(*pages->chunks));
    return pages->chunks != NULL ? 0 : -ANSER_ENOMEM;
}

/* Finds memory for the chunk that begins at `made`: contiguous, or an index for single frames. */
static bool chunk_begin(struct pages *pages)
{
    phys_t frame;
    uint32_t *chunk = &pages->chunks[pages->made / CHUNK_PAGES];
    if (block_alloc(chunk_length(pages, pages->made), &frame)) {
        *chunk = frame_number(frame);
        return true;
    }
    if (!account_charge(pages->object.payer, PAGE_SIZE))
        return false;
    if (!frame_alloc(0, &frame)) {
        account_discharge(pages->object.payer, PAGE_SIZE);
        return false;
    }
    *chunk = frame_number(frame) | CHUNK_INDEX;
    return true;
}

/* One more page is there and zeroed. */
static bool make_page(struct pages *pages)
{
    uint64_t run;
    phys_t frame;
    if (pages->chunks != NULL) {
        uint32_t inside = pages->made % CHUNK_PAGES;
        if (inside == 0 && !chunk_begin(pages))
            return false;
        uint32_t chunk = pages->chunks[pages->made / CHUNK_PAGES];
        if ((chunk & CHUNK_INDEX) != 0) {
            if (!frame_alloc(0, &frame))
                return false;
            index_frame(chunk)[inside] = frame_number(frame);
        }
    }
    frame = pages_frame(&pages->object, pages->made, &run);
    frame_zero(frame);
    pages->made++;
    return true;
}

static struct pages *pages_alloc(struct account *payer, uint64_t count)
{
    struct pages *pages = object_create(payer, ANSER_TYPE_PAGES, sizeof(*pages));
    if (pages == NULL)
        return NULL;
    pages->count = (uint32_t)count;
    list_init(&pages->mappings);
    return pages;
}

static status_t start(struct account *payer, uint64_t count, uint64_t flags, struct device *device,
                      struct object **progress)
{
    if (count == 0 || count > ANSER_PAGES_MAX)
        return -ANSER_EINVAL;
    if ((flags & (ANSER_PAGES_CONTIGUOUS | ANSER_PAGES_DMA)) != 0 && count > CONTIGUOUS_MAX)
        return -ANSER_EINVAL;
    if (!account_charge(payer, count << PAGE_SHIFT))
        return -ANSER_ENOMEM;
    struct pages *pages = pages_alloc(payer, count);
    if (pages == NULL) {
        account_discharge(payer, count << PAGE_SHIFT);
        return -ANSER_ENOMEM;
    }
    *progress = &pages->object;
    return begin(pages, flags, device);
}

status_t pages_create(struct account *payer, uint64_t count, uint64_t flags, struct device *device,
                      struct object **progress)
{
    status_t status = 0;
    if (*progress == NULL)
        status = start(payer, count, flags, device, progress);
    for (unsigned zeroed = 0; status == 0; zeroed++) {
        struct pages *pages = pages_of(*progress);
        if (pages->made == pages->count)
            return 0;
        if (zeroed == ZERO_PAGES_MAX)
            return CALL_RESTART;
        if (!make_page(pages))
            status = -ANSER_ENOMEM;
    }
    if (*progress != NULL) {
        object_release(*progress);
        *progress = NULL;
    }
    return status;
}

status_t pages_from_boot(struct account *payer, struct boot_range range, struct object **out)
{
    uint64_t base = range.base & ~PAGE_MASK;
    uint64_t count = (range.base + range.size - base + PAGE_MASK) >> PAGE_SHIFT;
    if (range.size == 0 || count > ANSER_PAGES_MAX)
        return -ANSER_EINVAL;
    struct pages *pages = pages_alloc(payer, count);
    if (pages == NULL)
        return -ANSER_ENOMEM;
    pages->base = phys(base);
    pages->made = pages->count;
    pages->frozen = true;
    pages->boot = true;
    *out = &pages->object;
    return 0;
}

/* ---- Who pays. */

/* All that it costs: frames, index frames, the object, its table of chunks. */
static uint64_t cost_of(const struct pages *pages)
{
    uint64_t frames = pages->count;
    uint64_t small = slab_cost(pages->object.size);
    if (pages->chunks != NULL) {
        uint32_t chunks = chunk_count(pages->count);
        small += slab_cost(chunks * sizeof(*pages->chunks));
        for (uint32_t i = 0; i < chunks; i++)
            frames += (pages->chunks[i] & CHUNK_INDEX) != 0;
    }
    if (pages->dma != NULL)
        small += slab_cost(sizeof(*pages->dma));
    return (frames << PAGE_SHIFT) + small;
}

static void move_charge(struct pages *pages, struct account *to, uint64_t cost)
{
    account_discharge(pages->object.payer, cost);
    pages->object.payer = to;
    if (pages->dma != NULL)
        pages->dma->payer = to;
}

status_t pages_transfer(struct object *object, struct account *to)
{
    struct pages *pages = pages_of(object);
    if (pages->frozen || object->payer == to)
        return 0;
    uint64_t cost = cost_of(pages);
    if (!account_charge(to, cost))
        return -ANSER_ENOMEM;
    move_charge(pages, to, cost);
    return 0;
}

void pages_transfer_back(struct object *object, struct account *to)
{
    struct pages *pages = pages_of(object);
    if (pages->frozen || object->payer == to)
        return;
    uint64_t cost = cost_of(pages);
    account_overdraw(to, cost);
    move_charge(pages, to, cost);
}

/* ---- The end. */

static void free_index(struct pages *pages, uint32_t chunk)
{
    frame_free(0, frame_at(chunk));
    account_discharge(pages->object.payer, PAGE_SIZE);
}

/* Frees the last chunk that has frames, or a piece of it; returns about how many steps it took. */
static unsigned free_last(struct pages *pages)
{
    uint32_t last = pages->made - 1;
    uint32_t first = last - last % CHUNK_PAGES;
    uint32_t *chunk = &pages->chunks[first / CHUNK_PAGES];
    if ((*chunk & CHUNK_INDEX) != 0) {
        frame_free(0, frame_at(index_frame(*chunk)[last - first]));
        pages->made = last;
        if (last != first)
            return 1;
        free_index(pages, *chunk);
    } else {
        frame_free_range(frame_at(*chunk), chunk_length(pages, first));
        pages->made = first;
    }
    *chunk = 0;
    return 2;
}

/* True when no frame of a chunk is left. */
static bool free_chunks(struct pages *pages)
{
    /* Making it may have failed right after the index of a chunk. */
    uint32_t next = chunk_count(pages->made);
    if (next < chunk_count(pages->count) && (pages->chunks[next] & CHUNK_INDEX) != 0) {
        free_index(pages, pages->chunks[next]);
        pages->chunks[next] = 0;
    }
    for (unsigned steps = 0; pages->made > 0 && steps < FREE_PAGES_MAX;)
        steps += free_last(pages);
    return pages->made == 0;
}

static void free_memory(struct pages *pages)
{
    struct account *payer = pages->object.payer;
    if (pages->chunks != NULL)
        slab_free(payer, pages->chunks, chunk_count(pages->count) * sizeof(*pages->chunks));
    else if (pages->base.value != 0)
        frame_free_range(pages->base, pages->count);
    account_discharge(payer, (uint64_t)pages->count << PAGE_SHIFT);
}

bool pages_reclaim(struct object *object)
{
    struct pages *pages = pages_of(object);
    kassert(list_empty(&pages->mappings));
    if (pages->boot)
        return true;
    if (pages->dma != NULL) {
        device_quarantine(pages->dma);
        return true;
    }
    if (pages->chunks != NULL && !free_chunks(pages))
        return false;
    free_memory(pages);
    return true;
}
