/* SPDX-License-Identifier: BSD-2-Clause */
/* How the other harts start, and what each hart sets up for itself. */
#include "kern/hart.h"
#include "kern/log.h"
#include "kern/panic.h"
#include "kern/plic.h"
#include "kern/sched.h"
#include "sbi/sbi.h"

#define START_SECONDS 10   /* for a hart to come; it takes milliseconds */
#define NAPS_HZ       5000 /* how often to look whether it has */

static volatile bool released;
void hart_start(void); /* kern/hart_start.S */

/* Asleep, so that the others get on wherever QEMU runs all harts on one thread. */
static void hart_nap(void)
{
    timer_set_slice(time_now() + timebase_hz / NAPS_HZ);
    /* There is no interrupt for a slice that was over before the timer could be set. */
    if (!timer_slice_over())
        __asm__ volatile("wfi" ::: "memory");
    timer_interrupt();
}

/*
 * Started until it is there: OpenSBI 1.1 may start a hart at the loader instead, which stops it
 * again (loader/entry.S). To start one that is not stopped is an error that changes nothing.
 */
static void hart_launch(struct hart *hart)
{
    int64_t error = sbi_hart_start(hart->id, (uint64_t)hart_start, (uint64_t)hart);
    if (error < 0) {
        kprintf("hart %lu does not start: SBI error %ld\n", hart->id, error);
        return;
    }
    hart_count++;
    uint64_t end = time_now() + START_SECONDS * timebase_hz;
    while (!__atomic_load_n(&hart->online, __ATOMIC_ACQUIRE)) {
        if (time_now() > end)
            panic("hart %lu was started, but does not come", hart->id);
        hart_nap();
        sbi_hart_start(hart->id, (uint64_t)hart_start, (uint64_t)hart);
    }
}

status_t harts_start(const struct bootinfo *info, uint64_t most)
{
    /* A hart that does not start leaves its logical number to the next one. */
    for (uint64_t i = 0; i < info->hart_count && hart_count < most; i++) {
        if (info->harts[i].id == info->boot_hart)
            continue;
        hart_set_id(&harts[hart_count], &info->harts[i]);
        hart_launch(&harts[hart_count]);
    }
    timer_set_slice(UINT64_MAX);
    return 0;
}

/*
 * A started hart waits asleep for the end of the boot, rather than at the lock: a spinning hart
 * would take its turn from the booting one wherever QEMU runs all harts on one thread.
 */
_Noreturn void hart_main(struct hart *hart)
{
    trap_init_hart();
    timer_init_hart();
    plic_init_hart(hart);
    __atomic_store_n(&hart->online, 1, __ATOMIC_RELEASE);
    while (!released)
        __asm__ volatile("wfi" ::: "memory");
    /* The boot has unmapped its own part of the image meanwhile. */
    __asm__ volatile("fence r, rw; sfence.vma" ::: "memory");
    sched_enter();
}

void harts_release(void)
{
    __atomic_store_n(&released, true, __ATOMIC_SEQ_CST);
    for (uint32_t i = 1; i < hart_count; i++)
        hart_poke(&harts[i]);
}
