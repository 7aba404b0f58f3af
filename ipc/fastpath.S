/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call and reply_recv with one or eight words in registers, between threads of one hart, when the
 * other side already waits: no frame, no C, no queue, no clock, no fence, no copy. Counted; see
 * docs/abi.md. Whatever is unusual leaves for the C path before the first store to shared state.
 *
 * Until the info word is known to be plain register form, only sp, ra, gp, s11 (saved) and a7
 * (known) are used, for the memory form keeps every register. tp: running thread.
 */
#include "kern/layout.h"

.option norelax
.option norvc
.section .text

#define SSTATUS_FS 0x6000

/* Lock; ra: lock. Handle a0 to its slot in gp; s11: process. */
.macro LOCK_AND_LOOK_UP slow_locked, slow
    sd    ra, T_RA(tp)
    sd    s11, T_S11(tp)
    sd    gp, T_GP(tp)
    ld    ra, T_GATE(tp)
    li    s11, 1
    amoswap.w.aq s11, s11, (ra)
    bnez  s11, \slow
    ld    s11, T_PROCESS(tp)
    ld    sp, P_SLOTS(s11)
    ld    gp, P_MASK(s11)
    and   gp, gp, a0
    add   gp, gp, sp
    ld    sp, S_KEY(gp)
    bne   sp, a0, \slow_locked
.endm

/* s4: the other thread, or channel_busy, which has no hart. On this hart, not outranked. It may own
 * the floating-point registers: it goes on with FS off, and float_enable finds them live. s5: hart. */
.macro CHECK_OTHER slow_locked
    ld    s5, T_HART(tp)
    ld    s6, T_HART(s4)
    bne   s5, s6, \slow_locked
    lw    s6, H_MAX_READY(s5)
    lw    s7, T_PRIORITY(s4)
    bltu  s7, s6, \slow_locked
.endm

/* Goes to s4; everything that is not message becomes zero. */
.macro SWITCH_AND_RETURN words
    lui   s7, (SSTATUS_FS >> 12)
    csrc  sstatus, s7
    ld    s6, T_PROCESS(s4)
    beq   s6, s11, 1f
    ld    s7, P_SATP(s6)
    csrw  satp, s7
1:  ld    s7, T_PC(s4)
    csrrw s7, sepc, s7
    addi  s7, s7, 4
    sd    s7, T_PC(tp)
    csrrw s7, sscratch, s4
    sd    s7, T_TP(tp)
    amoswap.w.rl zero, zero, (ra)
    ld    ra, T_RA(s4)
    ld    sp, T_SP(s4)
    ld    gp, T_GP(s4)
    ld    s11, T_S11(s4)
    ld    tp, T_TP(s4)
.if \words == 1
    .irp  reg, a3, a4, a5, a6, t0, t1, t2
    li    \reg, 0
    .endr
.endif
    .irp  reg, a7, t3, t4, t5, t6, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10
    li    \reg, 0
    .endr
    sret
.endm

.macro CALL_BODY words
    ld    s4, C_RECEIVER(sp)
    beqz  s4, call_slow_locked
    CHECK_OTHER call_slow_locked
    sd    tp, T_CALLER(s4)
    sd    s4, T_SERVER(tp)
    sd    zero, C_RECEIVER(sp)
    li    s7, STATE_CALLING
    sw    s7, T_STATE(tp)
    sw    zero, T_STATE(s4)
    ori   a0, a1, INFO_CALL
    ld    a1, S_BADGE(gp)
    SWITCH_AND_RETURN \words
.endm

.macro REPLY_RECV_BODY words
    ld    s6, C_RECEIVER(sp) /* neither another waiter nor channel_busy */
    bnez  s6, reply_recv_slow_locked
    ld    s4, T_CALLER(tp)
    beqz  s4, reply_recv_slow_locked
    CHECK_OTHER reply_recv_slow_locked
    sd    zero, T_CALLER(tp)
    sd    zero, T_SERVER(s4)
    sd    tp, C_RECEIVER(sp)
    sd    sp, T_WAIT_OBJECT(tp)
    sd    a0, T_WAIT_HANDLE(tp)
    li    s7, STATE_RECEIVING
    sw    s7, T_STATE(tp)
    sw    zero, T_STATE(s4)
    mv    a0, a1
    li    a1, 0
    SWITCH_AND_RETURN \words
.endm

.globl fast_call
fast_call:
    LOCK_AND_LOOK_UP call_slow_locked, call_slow
    ld    sp, S_CALL(gp)
    lw    a7, C_ONE_WORD(sp)
    bne   a7, a1, call_more_words
    CALL_BODY 1
call_more_words:
    lw    a7, C_EIGHT_WORDS(sp)
    bne   a7, a1, call_slow_locked
    CALL_BODY 8

call_slow_locked:
    amoswap.w.rl zero, zero, (ra)
call_slow:
    li    a7, -16
    j     slow

.globl fast_reply_recv
fast_reply_recv:
    LOCK_AND_LOOK_UP reply_recv_slow_locked, reply_recv_slow
    ld    sp, S_RECEIVE(gp)
    lw    a7, C_ONE_WORD(sp)
    bne   a7, a1, reply_recv_more_words
    REPLY_RECV_BODY 1
reply_recv_more_words:
    lw    a7, C_EIGHT_WORDS(sp)
    bne   a7, a1, reply_recv_slow_locked
    REPLY_RECV_BODY 8

reply_recv_slow_locked:
    amoswap.w.rl zero, zero, (ra)
reply_recv_slow:
    li    a7, -17
slow:
    ld    s11, T_S11(tp)
    j     trap_slow_ipc

/* The null call: what it costs to come here at all. */
.globl fast_null
fast_null:
    csrr  sp, sepc
    addi  sp, sp, 4
    csrw  sepc, sp
    ld    sp, T_SP(tp)
    csrrw tp, sscratch, tp
    li    a0, 0
    sret
