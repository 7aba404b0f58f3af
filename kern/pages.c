/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages objects: their frames, who pays for them, and how they end. */
#include "kern/pages.h"
#include "kern/device.h"
#include "kern/panic.h"
#include "kern/slab.h"

#define CHUNK_PAGES    512u       /* 2 MiB */
#define INDEX_PAGES    1024u      /* numbers in an index frame */
#define WHOLE_CHUNK    (1u << 31) /* in a number: the frames of this chunk are contiguous */
#define CONTIGUOUS_MAX (1u << FRAME_ORDER_MAX)
#define ZERO_PAGES_MAX 10u /* in one piece: 600 instructions each, after a new chunk */
#define FREE_PAGES_MAX 48u

static inline uint32_t index_count(const struct pages *pages)
{
    return (pages->count + INDEX_PAGES - 1) / INDEX_PAGES;
}

static inline uint32_t *number_of(const struct pages *pages, uint64_t page)
{
    return &pages->index[page / INDEX_PAGES][page % INDEX_PAGES];
}

static inline phys_t frame_at(uint32_t number)
{
    return phys((uint64_t)(number & ~WHOLE_CHUNK) << PAGE_SHIFT);
}

phys_t pages_frame(const struct object *object, uint64_t index, uint64_t *run)
{
    const struct pages *pages = pages_of(object);
    if (pages->index == NULL) {
        *run = pages->count - index;
        return phys(pages->base.value + (index << PAGE_SHIFT));
    }
    uint32_t number = *number_of(pages, index);
    uint64_t left = pages->count - index;
    uint64_t chunk = CHUNK_PAGES - index % CHUNK_PAGES;
    *run = (number & WHOLE_CHUNK) == 0 ? 1 : min(left, chunk);
    return frame_at(number);
}

bool pages_contiguous(const struct object *object)
{
    return pages_of(object)->index == NULL;
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
        return device_bind(device, payer, pages->base, pages->count, &pages->dma);
    }
    if ((flags & (ANSER_PAGES_CONTIGUOUS | ANSER_PAGES_DMA)) != 0)
        return -ANSER_ENOMEM;
    pages->index = slab_alloc(payer, index_count(pages) * sizeof(*pages->index));
    return pages->index != NULL ? 0 : -ANSER_ENOMEM;
}

static bool index_begin(struct pages *pages)
{
    phys_t frame;
    if (!account_charge(pages->object.payer, PAGE_SIZE))
        return false;
    if (!frame_alloc_zeroed(&frame)) {
        account_discharge(pages->object.payer, PAGE_SIZE);
        return false;
    }
    pages->index[pages->made / INDEX_PAGES] = direct_map(frame);
    return true;
}

/* Frames for what comes next: 2 MiB, or what is left of it, at once if memory has that. */
static bool frames_begin(struct pages *pages)
{
    phys_t frame;
    uint32_t *number = number_of(pages, pages->made);
    uint32_t length = pages->count - pages->made;
    uint32_t whole = WHOLE_CHUNK;
    if (length > CHUNK_PAGES)
        length = CHUNK_PAGES;
    if (pages->made % CHUNK_PAGES != 0 || !block_alloc(length, &frame)) {
        length = 1;
        whole = 0;
        if (!frame_alloc(0, &frame))
            return false;
    }
    for (uint32_t i = 0; i < length; i++)
        number[i] = ((uint32_t)(frame.value >> PAGE_SHIFT) + i) | whole;
    return true;
}

/* One more page is there and zeroed. */
static bool make_page(struct pages *pages)
{
    phys_t frame = phys(pages->base.value + ((uint64_t)pages->made << PAGE_SHIFT));
    if (pages->index != NULL) {
        if (pages->index[pages->made / INDEX_PAGES] == NULL && !index_begin(pages))
            return false;
        if (*number_of(pages, pages->made) == 0 && !frames_begin(pages))
            return false;
        frame = frame_at(*number_of(pages, pages->made));
    }
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
    pages->shared = (flags & ANSER_PAGES_SHARED) != 0;
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
    uint64_t base = page_down(range.base);
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

/* All that it costs: frames, the object, the index and its table. */
static uint64_t cost_of(const struct pages *pages)
{
    uint64_t frames = pages->count;
    uint64_t small = slab_cost(pages->object.size);
    if (pages->index != NULL) {
        frames += index_count(pages);
        small += slab_cost(index_count(pages) * sizeof(*pages->index));
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
    if (pages_have_many_owners(object) || object->payer == to)
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
    if (pages_have_many_owners(object) || object->payer == to)
        return;
    uint64_t cost = cost_of(pages);
    account_overdraw(to, cost);
    move_charge(pages, to, cost);
}

/* ---- The end. */

/* Frees the frames that one index frame lists, a piece of them; true when all are freed. Making it
 * may have failed with frames there that were not zeroed yet. */
static bool free_listed(struct pages *pages, uint32_t *numbers)
{
    unsigned freed = 0;
    for (unsigned i = 0; i < INDEX_PAGES; i++) {
        if (numbers[i] == 0)
            continue;
        if (freed++ == FREE_PAGES_MAX)
            return false;
        frame_free(0, frame_at(numbers[i]));
        numbers[i] = 0;
    }
    frame_free(0, phys((uint64_t)numbers - direct_map_base));
    account_discharge(pages->object.payer, PAGE_SIZE);
    return true;
}

/* True when nothing is left. */
static bool free_frames(struct pages *pages)
{
    struct account *payer = pages->object.payer;
    for (uint32_t i = 0; pages->index != NULL && i < index_count(pages); i++) {
        if (pages->index[i] == NULL)
            continue;
        if (free_listed(pages, pages->index[i]))
            pages->index[i] = NULL;
        return false;
    }
    if (pages->index != NULL)
        slab_free(payer, pages->index, index_count(pages) * sizeof(*pages->index));
    else if (pages->base.value != 0)
        frame_free_range(pages->base, pages->count);
    account_discharge(payer, (uint64_t)pages->count << PAGE_SHIFT);
    return true;
}

bool pages_reclaim(struct object *object)
{
    struct pages *pages = pages_of(object);
    kassert(list_empty(&pages->mappings));
    if (pages->boot)
        return true;
    if (pages->dma != NULL) {
        pages->dma->holder = NULL;
        return true;
    }
    return free_frames(pages);
}
