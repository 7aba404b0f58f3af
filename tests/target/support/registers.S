/* SPDX-License-Identifier: BSD-2-Clause */
/* All integer registers in, a trap or a loop, all integer registers out. */

#include <anser/abi.h>

#define NUMBER(number, name, about) .equ CALL_##name, -(number);
ANSER_CALLS(NUMBER)

#define FRAME   144
#define POINTER 128
#define SCRATCH 136

.option norelax

.macro BEGIN
    addi sp, sp, -FRAME
    sd   ra, 0(sp)
    sd   gp, 8(sp)
    sd   tp, 16(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd   s\n, 8*(\n+3)(sp)
    .endr
    sd   a0, POINTER(sp)
    sd   sp, 16(a0)
    ld   x1, 8(a0)
    .irp n, 3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld   x\n, 8*\n(a0)
    .endr
    ld   a0, 80(a0)
.endm

.macro END
    sd   a0, SCRATCH(sp)
    ld   a0, POINTER(sp)
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd   x\n, 8*\n(a0)
    .endr
    ld   ra, SCRATCH(sp)
    sd   ra, 80(a0)
    ld   ra, 0(sp)
    ld   gp, 8(sp)
    ld   tp, 16(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld   s\n, 8*(\n+3)(sp)
    .endr
    addi sp, sp, FRAME
    ret
.endm

    .section .text.registers_trap, "ax", @progbits
    .globl registers_trap
    .type registers_trap, @function
registers_trap:
    BEGIN
    ecall
    END
    .size registers_trap, . - registers_trap

    .section .text.registers_spin, "ax", @progbits
    .globl registers_spin
    .type registers_spin, @function
registers_spin:
    sd   a1, 136(a0)
    BEGIN
1:  addi a7, a7, -1
    bnez a7, 1b
    END
    .size registers_spin, . - registers_spin

    .section .text.registers_touch, "ax", @progbits
    .globl registers_touch
    .type registers_touch, @function
registers_touch:
    BEGIN
    lb zero, 0(a7)
    END
    .size registers_touch, . - registers_touch

/* Entry of a thread: stores all registers as they are at its start at a0, then leaves. */
    .section .text.registers_at_start, "ax", @progbits
    .globl registers_at_start
    .type registers_at_start, @function
registers_at_start:
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd   x\n, 8*\n(a0)
    .endr
    addi a0, a0, 256
    li   a7, CALL_thread_exit
    ecall
    ebreak
    .size registers_at_start, . - registers_at_start
