/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An init that asks the kernel to panic, by the OPERATION of system_debug that it is built with: the
 * smallest program that needs no library. First it writes a line, so that start data and handles
 * are seen to work.
 */
#define AT_START      0x414e0001
#define NAME_MAX      32
#define LOG_WRITE     -99
#define SYSTEM_DEBUG  -103

    .globl _start
_start:
    ld      t0, 0(sp) /* argc; then argv, envp, each with a 0 behind it, then auxv */
    addi    t1, sp, 8
    slli    t0, t0, 3
    add     t1, t1, t0
    addi    t1, t1, 8
environment:
    ld      t0, 0(t1)
    addi    t1, t1, 8
    bnez    t0, environment
auxiliary:
    ld      t0, 0(t1)
    ld      t2, 8(t1)
    addi    t1, t1, 16
    li      t3, AT_START
    bne     t0, t3, auxiliary
    ld      s0, 8 + NAME_MAX(t2) /* the first handle: system */

    mv      a0, s0
    la      a1, line
    lw      a2, length
    li      a7, LOG_WRITE
    ecall
    mv      a0, s0
    li      a1, OPERATION
    li      a2, 0
    li      a7, SYSTEM_DEBUG
    ecall
    j       .

    .section .rodata
line:
    .ascii  "init is here\n"
end:
    .data
length: /* in .data, so that a segment is copied */
    .word   end - line
