/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way in and out of the kernel. In user mode sscratch holds the running thread; in the kernel
 * tp does. IPC is handled without a frame where that is possible (ipc/fastpath.S), foreign calls and
 * the way back from them with the frame that the handler gets, and without the lock; everything else
 * saves registers in the thread and goes to C with the kernel lock held.
 */
#include "kern/layout.h"

#define SSTATUS_SPP     0x100
#define CAUSE_USER_CALL 8

.option norelax
.section .text

/* Saves registers, given by their x numbers, in the running thread. */
.macro SAVE registers:vararg
    .irp  n, \registers
    sd    x\n, T_REGISTERS + 8 * \n(tp)
    .endr
.endm

/* What the running thread will find in them is zero. */
.macro SAVE_ZERO registers:vararg
    .irp  n, \registers
    sd    zero, T_REGISTERS + 8 * \n(tp)
    .endr
.endm

/* The kernel's stack, its trap vector, the lock. */
.macro ENTER_KERNEL contended
    ld    t2, T_HART(tp)
    ld    sp, H_STACK(t2)
    ld    t1, H_TRAP_KERNEL(t2)
    csrw  stvec, t1
    ld    t0, H_LOCK(t2)
    li    t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez  t1, \contended
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
    bgtz  sp, replaces_all /* foreign calls */
    addi  sp, sp, 5
    bltz  sp, native_call
    beqz  sp, fast_wait
    addi  sp, sp, -1
    beqz  sp, fast_signal
    addi  sp, sp, -1
    beqz  sp, fast_recv
    addi  sp, sp, -1
    beqz  sp, fast_send
/* The null call: what it costs to come here at all. */
    csrr  sp, sepc
    addi  sp, sp, 4
    csrw  sepc, sp
    ld    sp, T_SP(tp)
    csrrw tp, sscratch, tp
    li    a0, 0
    sret

native_call:
    slti  sp, a7, -31
    beqz  sp, replaces_all /* reply, thread_resume */

/*
 * A native call that is not IPC. C preserves s0..s11, gp, tp, and nothing here changes sepc, sscratch
 * (the user's tp): they are saved only if the thread does not go straight back. a2..a7 and t0..t6
 * come back as zero.
 */
    SAVE  1, 10, 11, 12, 13, 14, 15, 17
    ENTER_KERNEL native_contended
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
    ld    t0, H_LOCK(t2)
    amoswap.w.rl zero, zero, (t0)
    csrr  t0, sepc
    addi  t0, t0, 4
    csrw  sepc, t0
    ld    ra, T_RA(tp)
    ld    sp, T_SP(tp)
    ld    a1, T_A1(tp)
    csrrw tp, sscratch, tp
    .irp  reg, a2, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    li    \reg, 0
    .endr
    sret

native_contended:
    call  kernel_lock
    ld    a7, T_A7(tp)
    j     native_locked
native_unassigned:
    li    a0, -ENOSYS
    j     native_done
native_failed:
    li    t0, CALL_RESTART
    bne   a0, t0, native_done
    csrr  t1, sepc /* the arguments stay, the ecall is made again */
    j     native_suspend

native_leave:
    sd    a0, T_A0(tp)
    SAVE_ZERO 12, 13, 14, 15, 17
    csrr  t1, sepc
    addi  t1, t1, 4
native_suspend: /* t1: pc; s0..s11, gp and the user's tp are still where user mode left them */
    sd    t1, T_PC(tp)
    SAVE  3, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    SAVE_ZERO 5, 6, 7, 16, 28, 29, 30, 31
    csrr  t0, sscratch
    sd    t0, T_TP(tp)
    mv    a0, tp
    call  sched_leave
    j     trap_return

/*
 * A foreign call, and thread_resume to the program. Lock-free: handler_level and what is deferred
 * change on this hart only while the thread runs, and whoever wants something of it sends an
 * interrupt, which is taken behind the sret. The frame lies in the save page, which is pinned as long
 * as the thread can be in user mode. It is the program's to write: what comes from there goes to user
 * registers and to sepc only.
 */
replaces_all:
    bltz  a7, native_replaces_all
    lbu   sp, T_HANDLER_LEVEL(tp)
    bnez  sp, trap_slow_path
    ld    sp, T_SAVE(tp)
    beqz  sp, trap_slow_path
    .irp  n, 0,1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd    x\n, F_REGISTERS + 8 * \n(sp)
    .endr
    ld    t0, T_SP(tp)
    sd    t0, F_REGISTERS + 8 * 2(sp)
    csrr  t0, sepc
    addi  t0, t0, 4
    sd    t0, F_PC(sp)
    li    t0, HANDLE_SYSCALL
    sd    t0, F_KIND(sp)
    sb    t0, T_HANDLER_LEVEL(tp)
    li    t0, CAUSE_USER_CALL
    sd    t0, F_CAUSE(sp)
    sd    a7, F_VALUE(sp)
    sd    zero, T_PROGRESS_COUNT(tp)
    ld    t0, T_HANDLER_ENTRY(tp)
    csrw  sepc, t0
    ld    a0, T_HANDLER_ADDRESS(tp)
    csrr  t0, sscratch
    sd    t0, F_REGISTERS + 8 * 4(sp)
    ld    sp, T_HANDLER_STACK(tp)
    csrrw tp, sscratch, tp /* gp, tp and all but a0, sp and t0 are as they were */
    sret

native_replaces_all:
    addi  sp, a7, 24
    bnez  sp, trap_slow_path
    lhu   sp, T_HANDLER_LEVEL(tp) /* and interrupt_deferred */
    addi  sp, sp, -1
    bnez  sp, trap_slow_path
    sb    zero, T_HANDLER_LEVEL(tp)
    ld    sp, T_SAVE(tp)
    ld    t0, F_PC(sp)
    andi  t0, t0, -2 /* sepc: bit 0 is zero, but QEMU 7.2 keeps it */
    csrw  sepc, t0
    csrw  sscratch, tp
    .irp  n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,2
    ld    x\n, F_REGISTERS + 8 * \n(sp)
    .endr
    sret

slow_contended:
    call  kernel_lock
    j     slow_locked
.globl trap_slow_path
trap_slow_path: /* sp is saved, everything else is as in user mode */
    SAVE  1, 3
.globl trap_slow_ipc
trap_slow_ipc: /* from the fast path: sp, ra, gp are saved, the others intact if they matter */
    SAVE  5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
    SAVE  18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    csrr  t0, sscratch
    sd    t0, T_TP(tp)
    csrr  t0, sepc
    sd    t0, T_PC(tp)
    ENTER_KERNEL slow_contended
slow_locked:
    mv    a0, tp
    csrr  a1, scause
    csrr  a2, stval
    call  trap_handle /* goes on with trap_return */

/* a0: the thread to go to, its space active, floating point set. Lock held; released here. */
.globl trap_return
trap_return:
    mv    tp, a0
    ld    t2, T_HART(tp)
    ld    t5, H_TRAP_USER(t2)
    csrw  stvec, t5
    la    t0, kernel_gate
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
    ld    x\n, T_REGISTERS + 8 * \n(tp)
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

/* From the boot stack to the hart's own, as its idle thread, which boot runs as already. */
.globl sched_enter
sched_enter:
    ld    t2, T_HART(tp)
    ld    sp, H_STACK(t2)
    mv    a0, tp
    tail  sched_run

#include "ipc/fastpath.S"
