/* SPDX-License-Identifier: BSD-2-Clause */
/* The big kernel lock. */
#include "kern/lock.h"
#include "kern/panic.h"

struct gate kernel_gate;
struct gate closed_gate = {.lock = 1};

#define SPINS_A_TURN 200
#define SIP_SOFTWARE (1ul << 1)

/*
 * Where harts take turns on one processor (QEMU with -icount: turns of up to 50 ms), spinning would
 * last until the turn is over. A wait gives it away; with an interrupt pending, it ends at once
 * anywhere. The interrupt is left pending: it might hide another one.
 */
static void give_turn_away(void)
{
    __asm__ volatile("csrs sip, %0\n\twfi" : : "r"(SIP_SOFTWARE) : "memory");
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
}

void kernel_lock(void)
{
    if (__atomic_exchange_n(&kernel_gate.lock, 1, __ATOMIC_ACQUIRE))
        spin();
}

void kernel_let_in(void)
{
    uint32_t waiting = __atomic_load_n(&kernel_gate.waiting, __ATOMIC_RELAXED);
    if (waiting == 0)
        return;
    kernel_unlock();
    for (unsigned n = 0; __atomic_load_n(&kernel_gate.waiting, __ATOMIC_RELAXED) == waiting; n++)
        if (n == SPINS_A_TURN) {
            give_turn_away();
            break;
        }
    kernel_lock();
}

void kernel_unlock(void)
{
    __atomic_store_n(&kernel_gate.lock, 0, __ATOMIC_RELEASE);
}
