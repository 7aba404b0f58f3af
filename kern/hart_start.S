/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a hart arrives that SBI HSM has started: satp 0, interrupts off, a1 = its struct hart_entry
 * (kern/hart.c). The image has the same addresses before and after translation goes on.
 */
    .section .text
    .option norvc
    .globl hart_start
hart_start:
    ld      sp, 0(a1)
    ld      tp, 8(a1)
    ld      t0, 16(a1)
    ld      a0, 24(a1)
    sfence.vma
    csrw    satp, t0
    sfence.vma
    j       hart_main
