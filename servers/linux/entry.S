/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the kernel enters the personality: the process's first thread, further threads, the handler
 * of foreign calls, faults and interruptions, and the nested entry for a fault in the handler.
 */
#include <anser/abi.h>

#define NUMBER(number, name, about) .equ CALL_##name, -(number);
ANSER_CALLS(NUMBER)

/* Offsets, asserted in task.c. */
#define BEGIN_STATUS    32
#define BEGIN_SLOT      40
#define TASK_CALL_BEGIN 0x7fffffff

    .option norelax
    .text

/*
 * The process's first thread, sp as on Linux: it becomes the service thread, on a stack of its own,
 * and starts the program's main thread with a0 = the start stack.
 */
    .globl linux_start
    .type linux_start, @function
linux_start:
    mv a0, sp
    la sp, service_stack_end
    li s0, 0
    li ra, 0
    call process_start
    ebreak
    .size linux_start, . - linux_start

/*
 * Every thread of the program begins here, without a stack: a0 = struct task_begin. It registers
 * its handler and enters it at once; task_begin (task.c) then gives it the registers that it is to have.
 */
    .globl task_entry
    .type task_entry, @function
task_entry:
    mv s0, a0
    li a7, CALL_thread_handler
    ecall
    bltz a0, 1f
    li a7, TASK_CALL_BEGIN
    ecall
    .globl task_entry_behind
task_entry_behind: /* the pc of its frame */
1:  /* No room for a handler: say so, and go; the slot's word is free again when we have gone. */
    ld s1, BEGIN_SLOT(s0)
    addi s2, s0, BEGIN_STATUS
    fence rw, rw
    sw a0, 0(s2)
    mv a0, s2
    li a1, 1
    li a7, CALL_word_wake
    ecall
    mv a0, s1
    li a7, CALL_thread_exit
    ecall
    ebreak
    .size task_entry, . - task_entry

/* The handler: a0 = the frame, sp = its own stack. Nothing needs saving. */
    .globl handler_entry
    .type handler_entry, @function
handler_entry:
    li s0, 0
    li ra, 0
    tail handle_frame
    .size handler_entry, . - handler_entry

/* A fault in the handler, a0 = the frame of the handler's own registers; sp goes on as it is. */
    .globl handler_nested_entry
    .type handler_nested_entry, @function
handler_nested_entry:
    andi sp, sp, -16
    tail handle_nested
    .size handler_nested_entry, . - handler_nested_entry

/* Where a signal's handler returns to: there is no sa_restorer on riscv64. */
    .globl signal_trampoline
    .type signal_trampoline, @function
signal_trampoline:
    li a7, 139 /* rt_sigreturn */
    ecall
    .size signal_trampoline, . - signal_trampoline

    .bss
    .balign 16
    .skip 16384
service_stack_end:
