/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One stub for each native call. Arguments are where the C ABI has them already (a0 to a5), and the
 * kernel keeps what C wants kept, so a stub is the number and the trap. Only signal and wait, which
 * may switch to another thread at once, lose s0 to s10.
 */
#include <anser/abi.h>

#define LOSES_SAVED(number) ((number) == 21 || (number) == 22)

.macro keep move
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    \move s\n, 8 * \n(sp)
    .endr
.endm

.macro trap number
.if LOSES_SAVED(\number)
    addi sp, sp, -96
    keep sd
.endif
    li a7, -(\number)
    ecall
.if LOSES_SAVED(\number)
    keep ld
    addi sp, sp, 96
.endif
    ret
.endm

#define STUB(number, name, about)                                                                  \
    .section .text.sys_##name, "ax", @progbits;                                                    \
    .globl sys_##name;                                                                             \
    .type sys_##name, @function;                                                                   \
    sys_##name: trap number;                                                                       \
    .size sys_##name, . - sys_##name;

ANSER_CALLS(STUB)
