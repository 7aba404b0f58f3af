/* SPDX-License-Identifier: BSD-2-Clause */
/* Fences, ASIDs, and the switch from one address space to another. */
#include "kern/hart.h"
#include "kern/page_table.h"
#include "kern/space.h"
#include "kern/thread.h"
#include "sbi/sbi.h"

#define SATP_ASID_SHIFT  44
#define SATP_ASID_MASK   0xffffu
#define ASIDS_MAX        4096u /* as many as the bitmap holds; more spaces share ASID 0 */
#define PAGES_ONE_BY_ONE 8u    /* a longer range is fenced as a whole */

static uint64_t asids_used[ASIDS_MAX / 64] = {1};
static uint32_t asid_count; /* a power of two */

static inline uint64_t satp_read(void)
{
    uint64_t satp;
    __asm__ volatile("csrr %0, satp" : "=r"(satp));
    return satp;
}

static inline void satp_write(uint64_t satp)
{
    __asm__ volatile("csrw satp, %0" : : "r"(satp) : "memory");
}

static inline void fence_asid(uint64_t asid)
{
    __asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
}

static inline void fence_page(uint64_t address, uint64_t asid)
{
    __asm__ volatile("sfence.vma %0, %1" : : "r"(address), "r"(asid) : "memory");
}

static inline void fence_code(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

/* "The number of ASID bits may be determined by writing one to every bit position" of the field. */
void tlb_init(uint64_t satp)
{
    satp_write(satp | (uint64_t)SATP_ASID_MASK << SATP_ASID_SHIFT);
    asid_count = (uint32_t)(satp_read() >> SATP_ASID_SHIFT & SATP_ASID_MASK) + 1;
    if (asid_count > ASIDS_MAX)
        asid_count = ASIDS_MAX;
    satp_write(satp);
    __asm__ volatile("sfence.vma" : : : "memory");
}

uint16_t asid_alloc(void)
{
    for (uint32_t word = 0; word * 64 < asid_count; word++) {
        if (asids_used[word] == UINT64_MAX)
            continue;
        uint32_t asid = word * 64 + (uint32_t)__builtin_ctzl(~asids_used[word]);
        if (asid >= asid_count)
            break;
        asids_used[word] |= 1ul << asid % 64;
        return (uint16_t)asid;
    }
    return 0;
}

void asid_free(uint16_t asid)
{
    if (asid != 0)
        asids_used[asid / 64] &= ~(1ul << asid % 64);
}

static inline uint64_t own_bit(void)
{
    return 1ul << current_thread()->hart->index;
}

static void fence_here(const struct space *space, uint64_t address, uint64_t length)
{
    if (length > PAGES_ONE_BY_ONE * PAGE_SIZE) {
        fence_asid(space->asid);
        return;
    }
    for (uint64_t end = address + length; address < end; address += PAGE_SIZE)
        fence_page(address, space->asid);
}

/* Takes harts out of *logical for one call to the SBI: hart ids are whatever the device tree says,
 * and it takes up to 64 of them from `base` on. An idle hart uses no user space: it is left alone
 * now, and fences everything when it wakes. */
static uint64_t next_hart_ids(uint64_t *logical, uint64_t *base)
{
    uint64_t mask = 0;
    for (uint64_t left = *logical; left != 0; left &= left - 1) {
        struct hart *hart = &harts[__builtin_ctzl(left)];
        if (hart->idling) {
            hart->owes_fence = true;
        } else {
            if (mask == 0)
                *base = hart->id;
            if (hart->id - *base >= 64)
                continue;
            mask |= 1ul << (hart->id - *base);
        }
        *logical &= ~(left & -left);
    }
    return mask;
}

static void fence_others(enum sbi_fence what, uint64_t others, uint64_t address, uint64_t length,
                         uint64_t asid)
{
    uint64_t mask, base = 0;
    while ((mask = next_hart_ids(&others, &base)) != 0)
        sbi_remote_fence(what, mask, base, address, length, asid);
}

void tlb_shootdown(struct space *space, uint64_t address, uint64_t length)
{
    space_forget_views(space);
    uint64_t others = space->hart_mask & ~own_bit();
    if (others != space->hart_mask)
        fence_here(space, address, length);
    fence_others(SBI_FENCE_ASID, others, length == UINT64_MAX ? 0 : address, length, space->asid);
}

void tlb_shootdown_kernel(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
    fence_others(SBI_FENCE_SPACE, ((1ul << hart_count) - 1) & ~own_bit(), 0, UINT64_MAX, 0);
}

void tlb_pay_fence(struct hart *hart)
{
    if (!hart->owes_fence)
        return;
    hart->owes_fence = false;
    __asm__ volatile("sfence.vma\n\tfence.i" : : : "memory");
}

void tlb_refresh(const struct space *space, uint64_t address)
{
    if ((space->hart_mask & own_bit()) != 0)
        fence_page(address, space->asid);
}

void tlb_sync_code(const struct space *space)
{
    fence_code();
    fence_others(SBI_FENCE_CODE, space->hart_mask & ~own_bit(), 0, 0, 0);
}

void space_activate(struct space *space)
{
    uint64_t wanted = space != NULL ? space->satp : kernel_satp;
    if (satp_read() == wanted)
        return;
    if (wanted != kernel_satp) {
        uint64_t bit = own_bit();
        /* A hart that is new to the space has not taken part in its fences for code. */
        if ((space->hart_mask & bit) == 0)
            fence_code();
        space->hart_mask |= bit;
    }
    satp_write(wanted);
    if (wanted != kernel_satp && space->asid == 0)
        fence_asid(0);
}
