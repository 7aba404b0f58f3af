/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's handler, where C has neither gp nor, after a fault in the handler, an aligned stack. */
#include <anser/abi.h>

#define NUMBER(number, name, about) .equ CALL_##name, -(number);
ANSER_CALLS(NUMBER)

.macro ENTRY name, function
    .section .text.\name, "ax", @progbits
    .globl \name
    .type \name, @function
\name:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    andi sp, sp, -16
    call \function
    li a7, CALL_thread_resume
    ecall
    ebreak
    .size \name, . - \name
.endm

ENTRY handler_entry, on_foreign
ENTRY handler_nested_entry, on_nested

    .option norvc
    .section .text.handler_load, "ax", @progbits
    .globl handler_load
    .type handler_load, @function
handler_load:
    ld a0, 0(a0)
    ret
    .size handler_load, . - handler_load

    .section .text.handler_store, "ax", @progbits
    .globl handler_store
    .type handler_store, @function
handler_store:
    sd a1, 0(a0)
    ret
    .size handler_store, . - handler_store

    .section .text.handler_call_without_stack, "ax", @progbits
    .globl handler_call_without_stack
    .type handler_call_without_stack, @function
handler_call_without_stack:
    mv t0, sp
    mv a7, a0
    mv a0, a1
    li sp, 0
    ecall
    mv sp, t0
    ret
    .size handler_call_without_stack, . - handler_call_without_stack
