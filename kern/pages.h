/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages objects: runs of frames that are owned, mapped, given away, frozen, shared. An object that
 * is neither frozen nor shared has one handle and is mapped in at most one space; sending it unmaps
 * it there first.
 */
#pragma once

#include <anser/bootinfo.h>
#include "kern/frame.h"
#include "kern/list.h"
#include "kern/object.h"

struct device;
struct dma_run;

/*
 * The frames are one contiguous block (base), or listed by number in index frames; those of each
 * 2 MiB are contiguous all the same if memory had them.
 */
struct pages {
    struct object object;
    struct list mappings; /* regions that map it (kern/region.h) */
    uint32_t count;
    uint32_t made; /* frames there and zeroed; less than count only while it is being made */
    phys_t base;   /* contiguous, if index is NULL */
    uint32_t **index;
    struct dma_run *dma; /* not NULL: bound to a device */
    bool frozen;
    bool shared; /* for its life */
    bool boot;   /* frames belong to the boot: never freed, never charged */
};

static inline struct pages *pages_of(const struct object *object)
{
    return container_of(object, struct pages, object);
}

/*
 * count 1..ANSER_PAGES_MAX zeroed pages, contiguous where memory has them (ANSER_PAGES_CONTIGUOUS
 * or DMA: or else -ENOMEM; at most 1024). device: for DMA, else NULL. Work is bounded: on
 * CALL_RESTART *progress holds the half made object (start with NULL; release it with
 * object_release if the call is abandoned). -EINVAL, -ENOMEM.
 */
status_t pages_create(struct account *payer, uint64_t count, uint64_t flags, struct device *device,
                      struct object **progress);
/* Frozen pages over a physical range that boot reserved (initrd, device tree), rounded out to
 * pages; never freed. -EINVAL (empty, or above ANSER_PAGES_MAX), -ENOMEM. */
status_t pages_from_boot(struct account *payer, struct boot_range range, struct object **out);

/* The frame of a page of it, and how many follow on it without a gap. */
phys_t pages_frame(const struct object *object, uint64_t index, uint64_t *run);
bool pages_contiguous(const struct object *object);

static inline bool pages_frozen(const struct object *object)
{
    return pages_of(object)->frozen;
}

/* Whether several may hold and map it. */
static inline bool pages_have_many_owners(const struct object *object)
{
    return pages_of(object)->frozen || pages_of(object)->shared;
}

/* Charge moves with the pages: to the receiver's account. -ENOMEM, nothing changed. Frozen and
 * shared pages stay with whoever paid for them. */
status_t pages_transfer(struct object *object, struct account *to);
/* The same without asking: back to where the charge just came from. */
void pages_transfer_back(struct object *object, struct account *to);

/* Unmaps it wherever it is mapped, with the fences, before somebody else gets it; nothing for
 * frozen ones. In kern/space_pages.c, with the next two. */
void pages_detach(struct object *object);
/* To be called before, where a call can be restarted: CALL_RESTART after a bounded piece of that
 * work; 0 when pages_detach will be quick. An object that is mapped as the kernel places it is,
 * unless it is fragmented and larger than about 1,000 pages. */
status_t pages_detach_begin(struct object *object);
/* Read-only for ever: takes the right to write from its mappings, too. CALL_RESTART. */
status_t pages_freeze(struct object *object);

/* Frees the frames a piece at a time, or puts them into their device's quarantine. */
object_reclaim pages_reclaim;
