/* SPDX-License-Identifier: BSD-2-Clause */
/* The big kernel lock. */
#include "kern/lock.h"
#include "kern/hart.h"
#include "kern/panic.h"

struct gate kernel_gate;
struct gate closed_gate = {.lock = 1};

/* As long as another hart that runs at the same time can have it; a wait costs QEMU's own lock. */
#define SPINS_A_TURN    5000
#define SPINS_TO_LET_IN 200
#define SIP_SOFTWARE    (1ul << 1)

/*
 * Where harts take turns on one processor (QEMU with -icount: turns of up to 50 ms), spinning would
 * last until the turn is over. A wait gives it away; with an interrupt pending, it ends at once
 * anywhere.
 */
static void give_turn_away(void)
{
    __asm__ volatile("csrs sip, %0\n\twfi" : : "r"(SIP_SOFTWARE) : "memory");
}

/* With the lock: no trap for that interrupt, and none lost that meant something. Who sends one has
 * set before, under the lock, what the scheduler finds when it looks. */
static void take_interrupt_back(void)
{
    __asm__ volatile("csrc sip, %0" : : "r"(SIP_SOFTWARE) : "memory");
    hart_self()->reschedule = 1;
    hart_self()->max_ready = UINT32_MAX; /* as long as that is set */
}

static void spin(void)
{
    unsigned spins = 0;
    __atomic_fetch_add(&kernel_gate.waiting, 1, __ATOMIC_RELAXED);
    do {
        while (__atomic_load_n(&kernel_gate.lock, __ATOMIC_RELAXED) && !panic_begun)
            if (++spins % SPINS_A_TURN == 0)
                give_turn_away();
        while (panic_begun)
            __asm__ volatile("wfi");
    } while (__atomic_exchange_n(&kernel_gate.lock, 1, __ATOMIC_ACQUIRE));
    __atomic_fetch_sub(&kernel_gate.waiting, 1, __ATOMIC_RELAXED);
    if (spins >= SPINS_A_TURN)
        take_interrupt_back();
}

void kernel_lock(void)
{
    if (__atomic_exchange_n(&kernel_gate.lock, 1, __ATOMIC_ACQUIRE))
        spin();
}

void kernel_let_in(void)
{
    uint32_t waiting = __atomic_load_n(&kernel_gate.waiting, __ATOMIC_RELAXED);
    unsigned spins = 0;
    if (waiting == 0)
        return;
    kernel_unlock();
    while (__atomic_load_n(&kernel_gate.waiting, __ATOMIC_RELAXED) == waiting &&
           spins < SPINS_TO_LET_IN)
        spins++;
    if (spins == SPINS_TO_LET_IN)
        give_turn_away();
    kernel_lock();
    if (spins == SPINS_TO_LET_IN)
        take_interrupt_back();
}

void kernel_unlock(void)
{
    __atomic_store_n(&kernel_gate.lock, 0, __ATOMIC_RELEASE);
}
