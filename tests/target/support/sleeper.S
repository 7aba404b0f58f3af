/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that needs no stack: waits until the word at a0 is not 0, then leaves. */
#include <anser/abi.h>

#define NUMBER(number, name, about) .equ CALL_##name, -(number);
ANSER_CALLS(NUMBER)

    .section .text.sleeper, "ax", @progbits
    .globl sleeper
    .type sleeper, @function
sleeper:
    mv s0, a0
1:  mv a0, s0
    li a1, 0
    li a2, 0
    li a7, CALL_word_wait
    ecall
    lw t0, 0(s0)
    beqz t0, 1b
    li a0, 0
    li a7, CALL_thread_exit
    ecall
    ebreak
    .size sleeper, . - sleeper

/* A thread that does nothing but run. */
    .globl spinner
    .type spinner, @function
spinner:
    j spinner
    .size spinner, . - spinner
