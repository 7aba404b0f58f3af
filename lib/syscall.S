/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One stub for each native call. Arguments are where the C ABI has them already (a0 to a5), and the
 * kernel keeps everything but a0 and a1, so a stub is the number and the trap.
 */
#include <anser/abi.h>

#define STUB(number, name, about)                                                                  \
    .section .text.sys_##name, "ax", @progbits;                                                    \
    .globl sys_##name;                                                                             \
    .type sys_##name, @function;                                                                   \
    sys_##name: li a7, -(number);                                                                  \
    ecall;                                                                                         \
    ret;                                                                                           \
    .size sys_##name, . - sys_##name;

ANSER_CALLS(STUB)
