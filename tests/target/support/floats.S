/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point registers to and from memory. */
#include <anser/abi.h>

#define NUMBER(number, name, about) .equ CALL_##name, -(number);
ANSER_CALLS(NUMBER)

.macro LOAD
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8*\n(a0)
    .endr
    ld t0, 256(a0)
    fscsr t0
.endm

.macro STORE
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8*\n(a0)
    .endr
    frcsr t0
    sd t0, 256(a0)
.endm

.macro FUNCTION name
    .section .text.\name, "ax", @progbits
    .globl \name
    .type \name, @function
\name:
.endm

FUNCTION floats_load
    LOAD
    ret

FUNCTION floats_store
    STORE
    ret

FUNCTION floats_over_call
    LOAD
    mv a6, s1
    mv s1, a0
    addi sp, sp, -32
    sd a6, 0(sp)
    sd ra, 8(sp)
    li a7, CALL_null
    ecall
    mv a0, s1
    STORE
    ld s1, 0(sp)
    ld ra, 8(sp)
    addi sp, sp, 32
    ret

FUNCTION floats_over_spin
    LOAD
1:  addi a1, a1, -1
    bnez a1, 1b
    STORE
    ret
