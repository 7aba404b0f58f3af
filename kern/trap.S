/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way in and out of the kernel. In user mode sscratch holds the running thread; in the kernel
 * tp does. call, reply_recv and null are handled here without a frame (ipc/fastpath.S); everything
 * else saves all registers in the thread and goes to C with the kernel lock held.
 */
#include "kern/layout.h"

.option norelax
.section .text

/* Saves x5..x31 but sp, gp, tp, ra, which the macro's users have saved. */
.macro SAVE_TEMPORARIES
    sd    t0, T_X(5)(tp)
    sd    t1, T_X(6)(tp)
    sd    t2, T_X(7)(tp)
    sd    a0, T_X(10)(tp)
    sd    a1, T_X(11)(tp)
    sd    a2, T_X(12)(tp)
    sd    a3, T_X(13)(tp)
    sd    a4, T_X(14)(tp)
    sd    a5, T_X(15)(tp)
    sd    a6, T_X(16)(tp)
    sd    a7, T_X(17)(tp)
    sd    t3, T_X(28)(tp)
    sd    t4, T_X(29)(tp)
    sd    t5, T_X(30)(tp)
    sd    t6, T_X(31)(tp)
.endm

.macro SAVE_PRESERVED
    sd    s0, T_X(8)(tp)
    sd    s1, T_X(9)(tp)
    sd    s2, T_X(18)(tp)
    sd    s3, T_X(19)(tp)
    sd    s4, T_X(20)(tp)
    sd    s5, T_X(21)(tp)
    sd    s6, T_X(22)(tp)
    sd    s7, T_X(23)(tp)
    sd    s8, T_X(24)(tp)
    sd    s9, T_X(25)(tp)
    sd    s10, T_X(26)(tp)
    sd    s11, T_X(27)(tp)
.endm

/* s0..s11, gp, the user's tp and pc are still where user mode left them. */
.macro SAVE_THE_REST
    SAVE_PRESERVED
    sd    gp, T_GP(tp)
    csrr  t0, sscratch
    sd    t0, T_TP(tp)
    .irp  n, 5, 6, 7, 16, 28, 29, 30, 31
    sd    zero, T_X(\n)(tp)
    .endr
.endm

/* Takes the big lock; on contention spins in C (which keeps nothing of ours but callee-saved). */
.macro TAKE_LOCK
    la    t0, kernel_lock_word
    li    t1, 1
    amoswap.w.aq t1, t1, (t0)
    beqz  t1, 9f
    call  kernel_lock
9:
.endm

.balign 4
.globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    sd    sp, T_SP(tp)
    csrr  sp, scause
    addi  sp, sp, -8 /* environment call from U-mode */
    bnez  sp, trap_slow_path
    addi  sp, a7, 16
    beqz  sp, fast_call
    addi  sp, sp, 1
    beqz  sp, fast_reply_recv
    addi  sp, sp, 1
    beqz  sp, fast_null
    slti  sp, a7, -31
    beqz  sp, trap_slow_path /* the other IPC calls, and foreign ones */

/*
 * A native call that is not IPC. C preserves s0..s11, gp, tp, and nothing here changes sepc, sscratch
 * (the user's tp): they are saved only if the thread does not go straight back. a2..a7 and t0..t6
 * come back as zero.
 */
    sd    ra, T_RA(tp)
    sd    a0, T_X(10)(tp)
    sd    a1, T_X(11)(tp)
    sd    a2, T_X(12)(tp)
    sd    a3, T_X(13)(tp)
    sd    a4, T_X(14)(tp)
    sd    a5, T_X(15)(tp)
    sd    a7, T_X(17)(tp)
    ld    t2, T_HART(tp)
    ld    sp, H_STACK(t2)
    ld    t1, H_TRAP_KERNEL(t2)
    csrw  stvec, t1
    ld    t0, T_LOCK(tp)
    li    t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez  t1, native_contended
native_locked:
    li    t1, -CALLS_MAX
    blt   a7, t1, native_unassigned
    slli  t0, a7, 3 /* negative: the table's last entry is call 0 */
    la    t1, native_calls + 8 * CALLS_MAX
    add   t0, t0, t1
    ld    t0, 0(t0)
    mv    a0, tp
    jalr  t0
    bltz  a0, native_failed
native_done:
    ld    t0, T_STATE(tp) /* and attention */
    ld    t2, T_HART(tp)
    lw    t1, H_RESCHEDULE(t2)
    or    t0, t0, t1
    bnez  t0, native_leave
    ld    t1, H_TRAP_USER(t2)
    csrw  stvec, t1
    ld    t0, T_LOCK(tp)
    amoswap.w.rl zero, zero, (t0)
    csrr  t0, sepc
    addi  t0, t0, 4
    csrw  sepc, t0
    ld    ra, T_RA(tp)
    ld    sp, T_SP(tp)
    ld    a1, T_X(11)(tp)
    csrrw tp, sscratch, tp
    .irp  reg, a2, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    li    \reg, 0
    .endr
    sret

native_contended:
    call  kernel_lock
    ld    a7, T_X(17)(tp)
    j     native_locked
native_unassigned:
    li    a0, -38 /* ENOSYS */
    j     native_done
native_failed:
    li    t0, CALL_RESTART
    bne   a0, t0, native_done
    /* The arguments stay, the ecall is made again. */
    SAVE_THE_REST
    csrr  t0, sepc
    sd    t0, T_PC(tp)
    mv    a0, tp
    call  trap_native_leave
    j     trap_return

native_leave:
    sd    a0, T_X(10)(tp)
    SAVE_THE_REST
    .irp  n, 12, 13, 14, 15, 17
    sd    zero, T_X(\n)(tp)
    .endr
    csrr  t0, sepc
    addi  t0, t0, 4
    sd    t0, T_PC(tp)
    mv    a0, tp
    call  trap_native_leave
    j     trap_return

.globl trap_slow_path
trap_slow_path: /* sp is saved, everything else is as in user mode */
    sd    ra, T_RA(tp)
    sd    gp, T_GP(tp)
.globl trap_slow_ipc
trap_slow_ipc: /* from the fast path: sp, ra, gp are saved, the others intact if they matter */
    SAVE_TEMPORARIES
    SAVE_PRESERVED
    csrr  t0, sscratch
    sd    t0, T_TP(tp)
    csrr  t0, sepc
    sd    t0, T_PC(tp)
    ld    t2, T_HART(tp)
    ld    sp, H_STACK(t2)
    ld    t5, H_TRAP_KERNEL(t2)
    csrw  stvec, t5
    TAKE_LOCK
    mv    a0, tp
    csrr  a1, scause
    csrr  a2, stval
    call  trap_handle

/* a0: the thread to go to, its space active, floating point set. Lock held; released here. */
.globl trap_return
trap_return:
    mv    tp, a0
    ld    t2, T_HART(tp)
    ld    t5, H_TRAP_USER(t2)
    csrw  stvec, t5
    la    t0, kernel_lock_word
    amoswap.w.rl zero, zero, (t0)
    ld    t0, T_PC(tp)
    csrw  sepc, t0
    li    t0, SSTATUS_SPP
    csrc  sstatus, t0
    csrw  sscratch, tp
    ld    ra, T_RA(tp)
    ld    sp, T_SP(tp)
    ld    gp, T_GP(tp)
    .irp  n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld    x\n, T_X(\n)(tp)
    .endr
    ld    tp, T_TP(tp)
    sret

/* A trap in the kernel is a bug of ours: report it on a stack that is surely there. */
.balign 4
.globl trap_kernel_entry
trap_kernel_entry:
    csrw  sscratch, sp
    ld    sp, T_HART(tp)
    ld    sp, H_PANIC_STACK(sp)
    addi  sp, sp, -256
    .irp  n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd    x\n, 8*\n(sp)
    .endr
    csrr  t0, sscratch
    sd    t0, 16(sp)
    csrr  t0, sepc
    sd    t0, 0(sp)
    mv    a0, sp
    csrr  a1, scause
    csrr  a2, stval
    tail  panic_trap

/* sched_start(thread, stack top): from the boot stack to the hart's own; never returns. */
.globl sched_start
sched_start:
    mv    tp, a0
    mv    sp, a1
    tail  sched_run
