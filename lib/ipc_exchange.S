/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipc_exchange: the general register-form stub. It loads and stores the whole struct ipc_registers,
 * since which part counts is known to the two programs that talk, not here.
 */

/* Offsets in struct ipc_registers, asserted in ipc.c. */
#define INFO     0
#define BADGE    8
#define WORDS    16
#define HANDLES  80
#define DEADLINE 112
#define REPLY    120

/* The frame: s0 to s10, and the pointer to the struct. */
#define FRAME   96
#define POINTER 88

    .section .text.ipc_exchange, "ax", @progbits
    .globl ipc_exchange
    .type ipc_exchange, @function
ipc_exchange:
    addi sp, sp, -FRAME
    sd s0, 0(sp)
    sd s1, 8(sp)
    sd s2, 16(sp)
    sd s3, 24(sp)
    sd s4, 32(sp)
    sd s5, 40(sp)
    sd s6, 48(sp)
    sd s7, 56(sp)
    sd s8, 64(sp)
    sd s9, 72(sp)
    sd s10, 80(sp)
    sd a2, POINTER(sp)

    mv a7, a0
    mv a0, a1
    mv s0, a2
    ld a1, INFO(s0)
    ld a2, WORDS + 0(s0)
    ld a3, WORDS + 8(s0)
    ld a4, WORDS + 16(s0)
    ld a5, WORDS + 24(s0)
    ld a6, WORDS + 32(s0)
    ld t0, WORDS + 40(s0)
    ld t1, WORDS + 48(s0)
    ld t2, WORDS + 56(s0)
    ld t3, HANDLES + 0(s0)
    ld t4, HANDLES + 8(s0)
    ld t5, HANDLES + 16(s0)
    ld t6, HANDLES + 24(s0)
    ld s2, DEADLINE(s0)
    ld s3, REPLY(s0)
    ecall

    ld s0, POINTER(sp)
    sd a0, INFO(s0)
    sd a1, BADGE(s0)
    sd a2, WORDS + 0(s0)
    sd a3, WORDS + 8(s0)
    sd a4, WORDS + 16(s0)
    sd a5, WORDS + 24(s0)
    sd a6, WORDS + 32(s0)
    sd t0, WORDS + 40(s0)
    sd t1, WORDS + 48(s0)
    sd t2, WORDS + 56(s0)
    /* After an error, the registers are zero but the handles may still be the caller's: keep them. */
    bltz a0, 1f
    sd t3, HANDLES + 0(s0)
    sd t4, HANDLES + 8(s0)
    sd t5, HANDLES + 16(s0)
    sd t6, HANDLES + 24(s0)
    sd s3, REPLY(s0)
1:
    ld s0, 0(sp)
    ld s1, 8(sp)
    ld s2, 16(sp)
    ld s3, 24(sp)
    ld s4, 32(sp)
    ld s5, 40(sp)
    ld s6, 48(sp)
    ld s7, 56(sp)
    ld s8, 64(sp)
    ld s9, 72(sp)
    ld s10, 80(sp)
    addi sp, sp, FRAME
    ret
    .size ipc_exchange, . - ipc_exchange
