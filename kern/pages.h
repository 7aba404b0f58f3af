/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages objects: runs of frames that are owned, mapped, given away, frozen. An unfrozen object has
 * one handle and is mapped in at most one space; sending it unmaps it there first.
 */
#ifndef KERN_PAGES_H
#define KERN_PAGES_H

#include <anser/bootinfo.h>
#include "kern/list.h"
#include "kern/object.h"
#include "kern/space.h"

struct device;

struct pages; /* struct object first; private to kern/pages.c and kern/space*.c */

/*
 * count 1..ANSER_PAGES_MAX zeroed pages. Work is bounded: on CALL_RESTART *progress holds the half
 * made object (start with NULL; release it with object_release if the call is abandoned).
 * -EINVAL, -ENOMEM.
 */
status_t pages_create(struct account *payer, uint64_t count, uint64_t flags, struct device *device,
                      struct object **progress);
/* Unmaps it wherever it is mapped, with the remote fences, before somebody else gets it. */
void pages_detach(struct object *pages);
bool pages_frozen(const struct object *pages);
/* Charge moves with the pages: to the receiver's account. -ENOMEM, nothing changed. */
status_t pages_transfer(struct object *pages, struct account *to);
/* Frozen pages over a physical range that boot reserved (initrd, device tree); never freed. */
status_t pages_from_boot(struct account *payer, struct boot_range range, struct object **out);

#endif
