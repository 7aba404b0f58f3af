/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPC calls whose other side already waits, on one hart: no frame, no C, no queue, no clock, no
 * fence, no copy. call, reply_recv and send with one or eight words in registers; recv, signal and
 * wait. A part of kern/trap.S, so that branches reach it. Counted; see docs/abi.md. Whatever is
 * unusual leaves for the C path before the first store to shared state.
 *
 * A thread that becomes ready without running, one only, is left aside in hart.next. It is the first
 * of its priority, so whoever blocks goes straight to it; C puts it into its queue before it looks at
 * any (settle in kern/sched.c). That costs a store and a load instead of a queue.
 *
 * tp: running thread, whose sp is saved. All paths keep sp, ra, gp, tp, s11, and lose the rest.
 */

#define SSTATUS_FS 0x6000
#define X(n) (T_REGISTERS + 8 * n)

.option norvc

/* ---- Looking. */

/*
 * For calls with a message: locks; ra: gate. Handle a0 to its slot in gp; s11: process. Until the info
 * word is known to be plain register form, only sp, ra, gp, s11 (saved) and a7 (known) are used, for
 * the memory form keeps every register.
 */
.macro LOCK_AND_LOOK_UP slow_locked, slow
    sd    ra, T_RA(tp)
    sd    s11, T_S11(tp)
    sd    gp, T_GP(tp)
    ld    ra, T_GATE(tp)
    amoswap.w.aq s11, ra, (ra) /* any number but 0 says that it is taken */
    bnez  s11, \slow
    ld    s11, T_PROCESS(tp)
    ld    sp, P_SLOTS(s11)
    ld    gp, P_MASK(s11)
    and   gp, gp, a0
    add   gp, gp, sp
    ld    sp, S_KEY(gp)
    bne   sp, a0, \slow_locked
.endm

/* The same for calls without one, by registers that they lose anyway. t0: gate; t1: the channel or
 * signal that the slot leads to; a6: process. */
.macro LOCK_AND_FIND leads, slow_locked, slow
    ld    t0, T_GATE(tp)
    amoswap.w.aq t1, t0, (t0)
    bnez  t1, \slow
    ld    a6, T_PROCESS(tp)
    ld    t1, P_SLOTS(a6)
    ld    t2, P_MASK(a6)
    and   t2, t2, a0
    add   t1, t1, t2
    ld    t2, S_KEY(t1)
    bne   t2, a0, \slow_locked
    ld    t1, \leads(t1)
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

/* Nobody is left aside on the hart, and no idle hart wants work. */
.macro CHECK_ASIDE gate, hart, scratch, scratch2, slow_locked
    ld    \scratch, H_NEXT(\hart)
    ld    \scratch2, G_IDLE_HARTS(\gate)
    or    \scratch, \scratch, \scratch2
    bnez  \scratch, \slow_locked
.endm

/* The running thread would be left aside: it is the best of its priority. But it may be on its way
 * into the scheduler. */
.macro CHECK_PREEMPTED hart, priority, scratch, slow_locked
    lw    \scratch, H_MAX_READY(\hart)
    bltu  \priority, \scratch, \slow_locked
.endm

/* The other one would be left aside, of a priority that is not above the running one's: better than
 * what is queued, and if it is a rival, the slice must be running. */
.macro CHECK_WOKEN hart, priority, own_priority, scratch, slow_locked
    lw    \scratch, H_MAX_READY(\hart)
    bgeu  \scratch, \priority, \slow_locked
    bne   \priority, \own_priority, 1f
    lw    \scratch, H_SLICE_ARMED(\hart)
    beqz  \scratch, \slow_locked
1:
.endm

/* ---- Going. */

.macro ZERO registers:vararg
    .irp  reg, \registers
    li    \reg, 0
    .endr
.endm

/* To another thread: everything that is neither its own nor message is still to be zeroed. */
.macro SWITCH to, gate, process, scratch, scratch2
    lui   \scratch, (SSTATUS_FS >> 12)
    csrc  sstatus, \scratch
    ld    \scratch2, T_PROCESS(\to)
    beq   \scratch2, \process, 1f
    ld    \scratch, P_SATP(\scratch2)
    csrw  satp, \scratch
1:  ld    \scratch, T_PC(\to)
    csrrw \scratch, sepc, \scratch
    addi  \scratch, \scratch, 4
    sd    \scratch, T_PC(tp)
    csrrw \scratch, sscratch, \to
    sd    \scratch, T_TP(tp)
    amoswap.w.rl zero, zero, (\gate)
    ld    ra, T_RA(\to)
    ld    sp, T_SP(\to)
    ld    gp, T_GP(\to)
    ld    s11, T_S11(\to)
    ld    tp, T_TP(\to)
.endm

.macro RETURN_MESSAGE words
.if \words == 1
    ZERO  a3, a4, a5, a6, t0, t1, t2
.endif
    ZERO  a7, t3, t4, t5, t6, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10
    sret
.endm

.macro RETURN_WITHOUT_MESSAGE
    ZERO  a2, a3, a4, a5
    ZERO  a6, t0, t1, t2
    ZERO  a7, t3, t4, t5, t6, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10
    sret
.endm

/* Back to the running thread, behind its call. The gate's address is gone. */
.macro STAY gate
    amoswap.w.rl zero, zero, (\gate)
    csrr  \gate, sepc
    addi  \gate, \gate, 4
    csrw  sepc, \gate
.endm

.macro SET_STATE thread, state, scratch
    li    \scratch, \state
    sw    \scratch, T_STATE(\thread)
.endm

/* The running thread is left aside; its call has returned 0. */
.macro PREEMPT hart, priority, scratch
    sd    tp, H_NEXT(\hart)
    sd    zero, H_NEXT_REGISTERS(\hart)
    sw    \priority, H_MAX_READY(\hart)
    SET_STATE tp, STATE_READY, \scratch
    sd    zero, T_A0(tp)
    sd    zero, T_A1(tp)
.endm

/* ---- Blocking: recv and wait, when there is nothing yet and somebody is left aside. */

/* t0: gate; t3: hart; t4: who goes on; a6: own process; the call's own stores are done. */
.macro BLOCK state
    SET_STATE tp, \state, t2
    sw    zero, T_STATE(t4)
    lw    t2, H_QUEUE_MAX(t3)
    sd    zero, H_NEXT(t3)
    sw    t2, H_MAX_READY(t3)
    sd    ra, T_RA(tp)
    sd    gp, T_GP(tp)
    sd    s11, T_S11(tp)
    ld    a5, H_NEXT_REGISTERS(t3)
    SWITCH t4, t0, a6, t1, t2
    ld    a0, T_A0(t4)
    ld    a1, T_A1(t4)
    bnez  a5, return_more
    RETURN_WITHOUT_MESSAGE
.endm

return_more:
    addi  a5, a5, -NEXT_ALL
    beqz  a5, return_all
    ld    a2, X(12)(t4)
    ld    a3, X(13)(t4)
    ld    a4, X(14)(t4)
    ld    a5, X(15)(t4)
    ld    a6, X(16)(t4)
    ld    t0, X(5)(t4)
    ld    t1, X(6)(t4)
    ld    t2, X(7)(t4)
    RETURN_MESSAGE 8

return_all:
    .irp  n, 5,6,7,8,9,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,28,30,31,29 /* t4 last */
    ld    x\n, X(\n)(t4)
    .endr
    sret

fast_recv:
    bnez  a1, recv_with_flags
    LOCK_AND_FIND S_RECEIVE, plain_slow_locked, plain_slow
    ld    t2, C_RECEIVER(t1) /* neither another waiter nor channel_busy */
    ld    t3, T_CALLER(tp)   /* who would get its error */
    ld    t4, T_ODD_CALLER(tp)
    or    t2, t2, t3
    or    t2, t2, t4
    bnez  t2, plain_slow_locked
    ld    t3, T_HART(tp)
    ld    t4, H_NEXT(t3)
    beqz  t4, plain_slow_locked
    sd    tp, C_RECEIVER(t1)
    sd    t1, T_WAIT_OBJECT(tp)
    sd    a0, T_WAIT_HANDLE(tp)
    BLOCK STATE_RECEIVING

recv_with_flags:
    lui   sp, (INFO_MEM >> 12)
    bne   sp, a1, trap_slow_path
    LOCK_AND_LOOK_UP recv_slow_locked, recv_slow
    li    a7, -20
    sd    a7, T_A7(tp)
    la    a7, block_recv
    j     block

recv_slow_locked:
    amoswap.w.rl zero, zero, (ra)
recv_slow:
    li    a7, -20
    j     slow

fast_wait:
    bnez  a1, trap_slow_path /* flags */
    LOCK_AND_FIND S_RECEIVE, plain_slow_locked, plain_slow
    ld    t2, C_WAITER(t1) /* nor anything there */
    bnez  t2, wait_pending
    ld    t3, T_HART(tp)
    ld    t4, H_NEXT(t3)
    beqz  t4, plain_slow_locked
    sd    tp, C_WAITER(t1)
    sd    t1, T_WAIT_OBJECT(tp)
    sd    a0, T_WAIT_HANDLE(tp)
    BLOCK STATE_SIGNAL

/* Is there a word in an open signal? Then nobody waits. */
.macro CHECK_PENDING slow_locked
    lbu   t2, O_TYPE(t1)
    addi  t2, t2, -TYPE_SIGNAL
    bnez  t2, \slow_locked
    lbu   t3, SIGNAL_CLOSED(t1)
    ld    t2, SIGNAL_BITS(t1)
    bnez  t3, \slow_locked
    beqz  t2, \slow_locked
.endm

wait_pending:
    CHECK_PENDING plain_slow_locked
    mv    a1, t2
    sd    zero, SIGNAL_BITS(t1)
    sd    zero, C_WAITER(t1)
    j     signal_stay

/* Nothing that the C path needs is lost; what was looked up must not be seen. */
plain_slow_locked:
    amoswap.w.rl zero, zero, (t0)
plain_slow:
    ZERO  t0, t1, t2, t3, t4, t5, t6, a6
    j     trap_slow_path

/* ---- signal. */

fast_signal:
    LOCK_AND_FIND S_CALL, plain_slow_locked, plain_slow
    ld    t3, C_WAITER(t1)
    beqz  a1, plain_slow_locked
    beqz  t3, signal_nobody
    ld    t4, T_HART(tp)
    ld    t2, T_HART(t3)
    bne   t2, t4, signal_pending
    lw    t5, T_PRIORITY(t3)
    lw    t2, T_PRIORITY(tp)
    bltu  t2, t5, signal_preempt
    CHECK_WOKEN t4, t5, t2, t6, plain_slow_locked
    CHECK_ASIDE t0, t4, t2, t6, plain_slow_locked
    sd    t3, H_NEXT(t4)
    sd    zero, H_NEXT_REGISTERS(t4)
    sw    t5, H_MAX_READY(t4)
    sd    zero, C_WAITER(t1)
    sd    zero, T_A0(t3)
    sd    a1, T_A1(t3)
    SET_STATE t3, STATE_READY, t5
signal_stay:
    STAY  t0
    ld    sp, T_SP(tp)
    csrrw tp, sscratch, tp
    ZERO  a0, t1, t3, t4, a6
    sret

signal_pending: /* the next waiter gets it all; or the waiter is on another hart */
    CHECK_PENDING plain_slow_locked
    or    t2, t2, a1
    sd    t2, SIGNAL_BITS(t1)
    j     signal_quiet

signal_nobody: /* no channel: those are busy */
    la    t2, channel_busy
    sd    t2, C_WAITER(t1)
    sd    a1, SIGNAL_BITS(t1)
signal_quiet:
    ZERO  a1, t2
    j     signal_stay

signal_preempt:
    CHECK_PREEMPTED t4, t2, t6, plain_slow_locked
    CHECK_ASIDE t0, t4, t5, t6, plain_slow_locked
    PREEMPT t4, t2, t5
    sd    zero, C_WAITER(t1)
    sw    zero, T_STATE(t3)
    sd    ra, T_RA(tp)
    sd    gp, T_GP(tp)
    sd    s11, T_S11(tp)
    SWITCH t3, t0, a6, t1, t2
    li    a0, 0
    RETURN_WITHOUT_MESSAGE

/* ---- call and reply_recv. */

.macro CALL_BODY words
    ld    s4, C_RECEIVER(sp)
    beqz  s4, call_slow_locked
    CHECK_OTHER call_slow_locked
    sd    tp, T_CALLER(s4)
    sd    s4, T_SERVER(tp)
    sd    zero, C_RECEIVER(sp)
    SET_STATE tp, STATE_CALLING, s7
    sw    zero, T_STATE(s4)
    ori   a0, a1, INFO_CALL
    ld    a1, S_BADGE(gp)
    SWITCH s4, ra, s11, s7, s6
    RETURN_MESSAGE \words
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
    SET_STATE tp, STATE_RECEIVING, s7
    sw    zero, T_STATE(s4)
    mv    a0, a1
    li    a1, 0
    SWITCH s4, ra, s11, s7, s6
    RETURN_MESSAGE \words
.endm

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

/* ---- send to who waits. A receiver of higher priority runs at once; another one is left aside, its
 * message where it will be loaded from. */

.macro SEND_BODY words
    ld    s4, C_RECEIVER(sp)
    beqz  s4, send_slow_locked
    ld    s5, T_HART(tp)
    ld    s6, T_HART(s4)
    bne   s5, s6, send_slow_locked
    lw    s6, T_PRIORITY(s4)
    lw    s7, T_PRIORITY(tp)
    bgeu  s7, s6, 2f
    CHECK_PREEMPTED s5, s7, s8, send_slow_locked
    CHECK_ASIDE ra, s5, s8, s9, send_slow_locked
    PREEMPT s5, s7, s8
    sd    zero, C_RECEIVER(sp)
    sw    zero, T_STATE(s4)
    mv    a0, a1
    ld    a1, S_BADGE(gp)
    SWITCH s4, ra, s11, s7, s6
    RETURN_MESSAGE \words

2:  CHECK_WOKEN s5, s6, s7, s8, send_slow_locked
    CHECK_ASIDE ra, s5, s8, s9, send_slow_locked
    li    s8, NEXT_WORDS
    sd    s4, H_NEXT(s5)
    sd    s8, H_NEXT_REGISTERS(s5)
    sw    s6, H_MAX_READY(s5)
    sd    zero, C_RECEIVER(sp)
    SET_STATE s4, STATE_READY, s8
    ld    s8, S_BADGE(gp)
    sd    a1, T_A0(s4)
    sd    s8, T_A1(s4)
    sd    a2, X(12)(s4)
.if \words == 8
    sd    a3, X(13)(s4)
    sd    a4, X(14)(s4)
    sd    a5, X(15)(s4)
    sd    a6, X(16)(s4)
    sd    t0, X(5)(s4)
    sd    t1, X(6)(s4)
    sd    t2, X(7)(s4)
.else
    .irp  n, 13, 14, 15, 16, 5, 6, 7
    sd    zero, X(\n)(s4)
    .endr
.endif
    j     send_stay
.endm

fast_send:
    LOCK_AND_LOOK_UP send_slow_locked, send_slow
    ld    sp, S_CALL(gp)
    lw    a7, C_ONE_WORD(sp)
    bne   a7, a1, send_more_words
    SEND_BODY 1
send_more_words:
    lw    a7, C_EIGHT_WORDS(sp)
    bne   a7, a1, send_with_flags
    SEND_BODY 8

send_with_flags:
    lui   a7, (INFO_MEM >> 12)
    bne   a7, a1, send_slow_locked
    li    a7, -19
    sd    a7, T_A7(tp)
    la    a7, block_send

/*
 * The memory form, in C (ipc/block.c). a7: the function; gp: slot. The lock is held, sp, ra, gp and
 * s11 and a7 are saved. It says who goes on, or leaves it to the complete calls.
 */
block:
    SAVE  5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    SAVE  18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31
    csrr  t0, sscratch
    sd    t0, T_TP(tp)
    csrr  s0, sepc
    addi  t0, s0, 4
    sd    t0, T_PC(tp)
    ld    t2, T_HART(tp)
    ld    sp, H_STACK(t2)
    ld    t1, H_TRAP_KERNEL(t2)
    csrw  stvec, t1
    mv    a0, tp
    mv    a1, gp
    jalr  a7
    bnez  a0, trap_return
    sd    s0, T_PC(tp)
    j     slow_locked

send_stay:
    STAY  ra
    ld    ra, T_RA(tp)
    ld    sp, T_SP(tp)
    ld    gp, T_GP(tp)
    ld    s11, T_S11(tp)
    csrrw tp, sscratch, tp
    ZERO  a0, a1, a7, s4, s5, s6, s8, s9
    sret

send_slow_locked:
    amoswap.w.rl zero, zero, (ra)
send_slow:
    li    a7, -19
    j     slow
