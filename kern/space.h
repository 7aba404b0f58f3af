/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address space: Sv39 tables (privileged specification, "Sv39"), a tree of regions, an ASID, and
 * the harts whose TLBs may know it. All functions: kernel lock held.
 */
#pragma once

#include <anser/abi.h>
#include "kern/account.h"
#include "kern/page_table.h"
#include "kern/tree.h"
#include "kern/types.h"

struct object;
struct bootinfo;

/* A page of user memory as the kernel sees it; see kern/usercopy.c. */
struct view {
    uint64_t user;   /* its address there + 1; 0: none */
    uint64_t kernel; /* the page; in the low bits ACCESS_READ, ACCESS_WRITE: what was looked up */
};

#define SPACE_VIEWS 8u /* a power of two */

struct space {
    uint64_t satp;       /* precomputed: mode, ASID, root; the kernel's own once it is dying */
    uint64_t hart_mask;  /* logical harts that may hold translations of it; only ever grows */
    struct tree regions; /* by first address */
    struct tree pinned;  /* those of them that the process may not touch */
    uint64_t region_count;
    uint64_t page_count;  /* resident anonymous pages */
    uint64_t gap_floor;   /* below it the kernel finds no room (kern/region.c) */
    uint64_t scan_from;   /* a search for room goes on there... */
    uint64_t scan_length; /* ...if it is for this length */
    struct account *account;
    phys_t root;
    struct view views[SPACE_VIEWS];
    bool untidy;   /* tables may be left where no region needs them */
    uint16_t asid; /* 0: shared with others, fenced at each switch to it */
};

/* Builds the kernel's table (image identity-mapped with its own rights, direct map, MMIO that the
 * kernel itself uses) and switches to it on this hart. `info` is out of sight afterwards, unless it
 * lies in the image. Error: -ENOMEM. */
status_t space_kernel_init(const struct bootinfo *info);
/* Unmaps the Go part of the image, [kernel_end, image end), and gives its frames away. */
void space_drop_image_tail(const struct bootinfo *info);

/* An empty user space; root table charged. -ENOMEM. */
status_t space_init(struct space *space, struct account *account);
/* A bounded piece of taking it apart (regions, pages, tables); true when nothing is left. No thread
 * of it runs any more; the first piece leaves it for the kernel's table and fences all harts. */
bool space_reclaim(struct space *space);
/* Makes it the current one on this hart (NULL: the kernel's own). Writes satp only if needed. */
void space_activate(struct space *space);

#define PROT_ALL (ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_PROT_EXEC)

enum space_access {
    ACCESS_READ = ANSER_PROT_READ,
    ACCESS_WRITE = ANSER_PROT_WRITE,
    ACCESS_EXEC = ANSER_PROT_EXEC
};

/* Resolves a fault: demand-zero, copy-on-write, lazily filled tables. -EFAULT, -ENOMEM (budget). */
status_t space_fault(struct space *space, user_t address, enum space_access access);

/*
 * Regions. Lengths are rounded up to pages; addresses must be page-aligned (-EINVAL), below 2^38
 * and outside the kernel's slot. Each may return CALL_RESTART after a bounded piece. -EBUSY: a
 * pinned region is in the way. -ENOMEM: no budget, or more than ANSER_REGIONS_MAX regions.
 */

/* Bits of space_map's flags beside ANSER_PROT_* and ANSER_MAP_*: the most that space_protect may
 * allow later. Without: anonymous regions everything, objects what prot says. */
#define SPACE_MAP_MOST(prot) ((uint64_t)(prot) << 8)
/* object: NULL (anonymous, demand-zero), a pages or a device object; offset in bytes into it.
 * A region holds a reference on its object. *address in: wanted; out: chosen.
 * -EINVAL, -ENOMEM (FIXED: what a restarted call had unmapped stays so), -EEXIST (NOREPLACE),
 * -EPERM (frozen, and WRITE), -EBUSY (unfrozen pages already mapped in another space). */
status_t space_map(struct space *space, uint64_t *address, uint64_t length, uint64_t flags,
                   struct object *object, uint64_t offset);
/* Holes are no error. */
status_t space_unmap(struct space *space, uint64_t address, uint64_t length);
/* -EFAULT (a hole), -EPERM (more than the object's handle allowed); what came before is changed. */
status_t space_protect(struct space *space, uint64_t address, uint64_t length, uint64_t prot);
/* -EFAULT (a hole), -EINVAL (not anonymous); what came before is decommitted. With CALL_RESTART the
 * range is what is left: a clear range costs, too, so from the beginning it might never end. */
status_t space_decommit(struct space *space, uint64_t *address, uint64_t *length);
/* Copy-on-write of anonymous regions of `from`, replacing what is in `to`; to == from is allowed if
 * disjoint. *done: bytes that are copied, 0 at first; kept by the caller across CALL_RESTART.
 * -EFAULT (a hole), -EINVAL (not anonymous), -ENOMEM: what came before *done is copied. */
status_t space_copy(struct space *to, uint64_t to_address, struct space *from,
                    uint64_t from_address, uint64_t length, uint64_t prot, uint64_t *done);

#define SPACE_PINNED_MAX 32u /* pages of a pinned region */
/*
 * A pinned anonymous region (save page and handler stack of a thread): populated, zeroed, not
 * unmappable, not replaceable, not protectable by the process; freed by space_unmap_pinned. One
 * guard page above and below stays unmapped but reserved. *first: kernel pointer to the first page.
 * -EINVAL, -EEXIST, -ENOMEM.
 */
status_t space_map_pinned(struct space *space, uint64_t address, uint64_t pages, void **first);
void space_unmap_pinned(struct space *space, uint64_t address, uint64_t pages);

/*
 * Copies to and from user memory. They walk the process's page table, accept only addresses below
 * 2^38 outside the kernel's slot and leaves with U and the right that is needed, and go through the
 * direct map: no user pointer can fault in the kernel. Missing demand-zero pages are populated.
 * All return 0, -EFAULT, or -ENOMEM (no budget to populate).
 */

status_t copy_from_user(struct space *space, void *to, user_t from, size_t size);
status_t copy_to_user(struct space *space, user_t to, const void *from, size_t size);
/* Between two spaces (or within one, disjoint), at most ANSER_ELEMENT_MAX bytes. Checks both sides
 * in full first. After an error, *blame is the space whose buffer failed. */
status_t copy_user_to_user(struct space *to_space, user_t to, struct space *from_space, user_t from,
                           size_t size, struct space **blame);
/* The kernel's pointer to a range that lies in one page and was looked up lately with that access,
 * good until the lock is released; else NULL. */
static inline void *space_view(const struct space *space, user_t where, size_t size,
                               enum space_access access)
{
    uint64_t address = where.value;
    const struct view *view = &space->views[address >> PAGE_SHIFT & (SPACE_VIEWS - 1)];
    bool known = view->user == page_down(address) + 1 && (view->kernel & access) != 0;
    if (!known || size > PAGE_SIZE - (address & PAGE_MASK))
        return NULL;
    return (void *)(page_down(view->kernel) + (address & PAGE_MASK));
}
/* Populates the range and checks the right, so that a later copy only fails if it is unmapped. */
status_t user_prepare(struct space *space, user_t address, size_t size, bool write);
/* The physical address behind an aligned 32-bit word, populated, for word_wait. */
status_t user_word(struct space *space, user_t address, uint32_t **out, bool write);

/*
 * Address-space identifiers and fences. An ASID belongs to one space for life and is free again
 * only after a fence on every hart that ever ran it. Spaces that get none share ASID 0, which is
 * fenced at every switch to it (space_activate; the assembly paths do not switch to such a space).
 * Kernel lock held.
 */

/* Finds out how wide ASIDs are here, and lets the kernel's own table be current on this hart. */
void tlb_init(uint64_t satp);

uint16_t asid_alloc(void); /* 0: none left, or none there */
void asid_free(uint16_t asid);

/*
 * After an entry was taken away or lost a right: fences [address, address + length) of the space on
 * every hart that may know it, and comes back when all have done it. length UINT64_MAX: all of the
 * space, which it must be when a table was unlinked. The kernel's own views of it go, too.
 */
void tlb_shootdown(struct space *space, uint64_t address, uint64_t length);

/* What tlb_shootdown does to the kernel's own views. */
static inline void space_forget_views(struct space *space)
{
    for (unsigned i = 0; i < SPACE_VIEWS; i++)
        space->views[i].user = 0;
}

/* After a kernel mapping was taken away: everything, on every hart. */
void tlb_shootdown_kernel(void);

/* This hart wakes: makes up for the fences that it was spared while it idled. */
void tlb_pay_fence(struct hart *hart);

/* After an entry gained a right or became valid: this hart only. Others fault once, and look. */
void tlb_refresh(const struct space *space, uint64_t address);

/* After code was mapped: "fence.i" on every hart that may run it ("Zifencei"). */
void tlb_sync_code(const struct space *space);
