/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a hart arrives that SBI HSM has started: satp 0, interrupts off, a1 = its struct hart. The
 * image has the same addresses before and after translation goes on.
 */
#include "kern/layout.h"

    .section .text
    .option norvc
    .globl hart_start
hart_start:
    mv      a0, a1
    ld      sp, H_STACK(a0)
    ld      tp, H_IDLE(a0)
    la      t0, kernel_satp
    ld      t0, 0(t0)
    sfence.vma
    csrw    satp, t0
    sfence.vma
    j       hart_main
