/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * panic(format, ...): all registers as the caller had them go to panic_registers, before C code can
 * change one; then panic_report goes on with the same arguments. sscratch is free in the kernel.
 */
    .option norvc
    .section .text
    .globl panic
panic:
    csrw    sscratch, t0
    la      t0, panic_registers
    sd      ra, 0(t0) /* as the pc: where panic was called */
    .irp    n, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      x\n, 8 * \n(t0)
    .endr
    csrr    t1, sscratch
    sd      t1, 40(t0)
    tail    panic_report
