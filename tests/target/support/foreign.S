/* SPDX-License-Identifier: BSD-2-Clause */
/* The least that a handler of foreign calls can do: see foreign.h. */

    .section .text.foreign_handler, "ax", @progbits
    .globl foreign_handler
    .type foreign_handler, @function
foreign_handler: /* a0: the frame */
    ld   t0, 8 * 17(a0)
    addi t0, t0, 1
    sd   t0, 8 * 10(a0)
    li   a7, -24 /* thread_resume */
    ecall
    ebreak
    .size foreign_handler, . - foreign_handler
