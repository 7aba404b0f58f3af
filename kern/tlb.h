/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address-space identifiers and fences. An ASID belongs to one space for life and is free again
 * only after a fence on every hart that ever ran it. Spaces that get none share ASID 0, which is
 * fenced at every switch to it (space_activate; the assembly paths do not switch to such a space).
 * Kernel lock held.
 */
#pragma once

#include "kern/types.h"

/* Finds out how wide ASIDs are here, and lets the kernel's own table be current on this hart. */
void tlb_init(uint64_t satp);

uint16_t asid_alloc(void); /* 0: none left, or none there */
void asid_free(uint16_t asid);

/*
 * After an entry was taken away or lost a right: fences [address, address + length) of the space on
 * every hart that may know it, and comes back when all have done it. length UINT64_MAX: all of the
 * space, which it must be when a table was unlinked.
 */
void tlb_shootdown(const struct space *space, uint64_t address, uint64_t length);

/* After a kernel mapping was taken away: everything, on every hart. */
void tlb_shootdown_kernel(void);

/* This hart wakes: makes up for the fences that it was spared while it idled. */
void tlb_pay_fence(struct hart *hart);

/* After an entry gained a right or became valid: this hart only. Others fault once, and look. */
void tlb_refresh(const struct space *space, uint64_t address);

/* After code was mapped: "fence.i" on every hart that may run it ("Zifencei"). */
void tlb_sync_code(const struct space *space);
