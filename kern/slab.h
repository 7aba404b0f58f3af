/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small kernel objects: one frame holds slots of one size, behind a header; an empty slab goes back
 * to the frame allocator at once, so that free frames tell the truth.
 */
#pragma once

#include "kern/account.h"
#include "kern/types.h"

#define SLAB_SIZE_MAX 4032u

/* What an object of this size costs its payer: the size of its slot. */
uint64_t slab_cost(size_t size);
/* Zeroed memory, charged to nobody; NULL: no frame left. No failure is injected here. */
void *slab_take(size_t size);
/* Gives it back; returns its cost. */
uint64_t slab_give(void *memory, size_t size);

/* Zeroed memory of at least size (<= SLAB_SIZE_MAX) bytes, charged; NULL: out of budget. */
void *slab_alloc(struct account *payer, size_t size);

/* size and payer as at slab_alloc. */
static inline void slab_free(struct account *payer, void *memory, size_t size)
{
    account_discharge(payer, slab_give(memory, size));
}
