/* SPDX-License-Identifier: BSD-2-Clause */
/* The big kernel lock. */
#include "kern/lock.h"
#include "kern/panic.h"

struct gate kernel_gate;
struct gate closed_gate = {.lock = 1};

void kernel_lock(void)
{
    while (__atomic_exchange_n(&kernel_gate.lock, 1, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&kernel_gate.lock, __ATOMIC_RELAXED) && !panic_begun) {}
        while (panic_begun)
            __asm__ volatile("wfi");
    }
}

void kernel_unlock(void)
{
    __atomic_store_n(&kernel_gate.lock, 0, __ATOMIC_RELEASE);
}
