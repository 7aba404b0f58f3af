/* SPDX-License-Identifier: BSD-2-Clause */
/* The first and the last instructions of a thread, where C has no stack to stand on. */
#include <anser/abi.h>

#define NUMBER(number, name, about) .equ CALL_##name, -(number);
ANSER_CALLS(NUMBER)

/* Entry of every thread that thread_create makes: a0 = struct thread *, sp and tp are set. */
    .section .text.thread_begin, "ax", @progbits
    .globl thread_begin
    .type thread_begin, @function
thread_begin:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    li s0, 0
    li ra, 0
    tail thread_run
    .size thread_begin, . - thread_begin

/*
 * thread_leave(base, length): unmaps the mapping that the caller's own stack lies in and ends the
 * thread. The kernel keeps all registers but a0 and a1, so no stack is needed in between.
 */
    .section .text.thread_leave, "ax", @progbits
    .globl thread_leave
    .type thread_leave, @function
thread_leave:
    mv a2, a1
    mv a1, a0
    li a0, 0
    li a7, CALL_region_unmap
    ecall
    li a0, 0
    li a7, CALL_thread_exit
    ecall
    ebreak
    .size thread_leave, . - thread_leave
