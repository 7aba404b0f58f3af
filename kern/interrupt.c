/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts are never taken in the kernel, but looked at where it suits. */
#include "kern/interrupt.h"
#include "kern/panic.h"
#include "kern/timer.h"
#include "sbi/sbi.h"

/* Privileged specification, "Supervisor Interrupt Registers". */
#define SIP_SOFTWARE (1ul << 1)
#define SIP_TIMER    (1ul << 5)
#define SIP_EXTERNAL (1ul << 9)

void interrupts_poll(void)
{
    uint64_t raised = interrupts_pending();
    /* The software interrupt only says "look": the scheduler does, after this. */
    if (raised & SIP_SOFTWARE) {
        __asm__ volatile("csrc sip, %0" ::"r"(SIP_SOFTWARE) : "memory");
        if (panic_begun)
            sbi_stop();
    }
    if (raised & SIP_TIMER)
        timer_interrupt();
    if (raised & SIP_EXTERNAL)
        irq_interrupt();
}
