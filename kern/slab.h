/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small kernel objects: size classes 64, 128, 256, 512, 1024, 2048, a frame each; an empty slab goes
 * back to the frame allocator at once, so that free frames tell the truth.
 */
#ifndef KERN_SLAB_H
#define KERN_SLAB_H

#include "kern/account.h"
#include "kern/types.h"

/* Zeroed memory of at least size (<= 2048) bytes, charged to the account; NULL: out of budget. */
void *slab_alloc(struct account *payer, size_t size);
/* size and payer as at slab_alloc. */
void slab_free(struct account *payer, void *memory, size_t size);

#endif
